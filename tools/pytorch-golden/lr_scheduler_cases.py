"""The table of configurations of lr_scheduler.py."""
import math

STEPS = 36
HALF = 17
RECORDED = [1, 2, 17, 18, 36]
FUNCTIONS = {
    'harmonic': lambda epoch: 1 / (epoch + 1),
    'stairs': lambda epoch: 0.5 ** (epoch // 7),
    'ninety-five': lambda epoch: 0.95,
    'wobble': lambda epoch: 0.9 if epoch % 3 == 0 else 1.02,
    'shrinking cycle': lambda x: 1 / (1 + x),
    'shrinking batch': lambda x: 1 - x / 100,
}
PROBLEM = {
    'p': [[1.5, -0.75, 0.3], [0.2, 2.0, -1.1]],
    'c': [[0.9, 0.2, 1.4], [0.5, 1.1, 0.7]],
    't': [[-0.4, 0.6, 0.1], [1.0, -0.3, 0.45]],
}
# 5.1 for ever after a fall, so that every patience runs out; one nan
METRICS = [9, 8, 7.5, 7.49999, 7.3, 7.4, 7.2999, 7.1, 6, 5.5, 5.2, 5.4, 5.3, 5.25, 5.1999, 5.15, 5.6, math.nan] + [5.1] * 18


def spec(type, options=None, **more):
    return {'type': type, 'options': options or {}, **more}


def fn(name):
    return {'fn': name}


def case(name, scheduler, optimizer='SGD', options=None, groups=None, **more):
    """groups: one's own options each; epochs: what step() gets, null for nothing; metrics: what it gets first; add: a group
    that joins before a step."""
    return {'name': name, 'scheduler': scheduler, 'optimizer': optimizer, 'options': options or {'lr': 0.1},
            'groups': groups or [{}, {'lr': 0.02}], **more}


ADAM = {'optimizer': 'Adam', 'options': {'lr': 0.05}}
MOMENTUM = {'options': {'lr': 0.05, 'momentum': 0.9}}
ADD = [12, {'lr': 0.3}]
CASES = [
    case('lambda', spec('LambdaLR', {'lr_lambda': fn('harmonic')})),
    case('lambda list', spec('LambdaLR', {'lr_lambda': [fn('stairs'), fn('harmonic')]}), **ADAM),
    case('lambda three groups', spec('LambdaLR', {'lr_lambda': fn('stairs')}), groups=[{}, {'lr': 2.5}]),
    case('multiplicative', spec('MultiplicativeLR', {'lr_lambda': fn('ninety-five')})),
    case('multiplicative list', spec('MultiplicativeLR', {'lr_lambda': [fn('wobble'), fn('ninety-five')]}), **ADAM),
    case('multiplicative one function', spec('MultiplicativeLR', {'lr_lambda': fn('wobble')}), **MOMENTUM),
    case('step', spec('StepLR', {'step_size': 5})),
    case('step gamma', spec('StepLR', {'step_size': 3, 'gamma': 0.7}), **ADAM),
    case('step every epoch', spec('StepLR', {'step_size': 1, 'gamma': 1.05}), **MOMENTUM),
    case('step group added', spec('StepLR', {'step_size': 4, 'gamma': 0.5}), groups=[{}], add=ADD),
    case('multi step', spec('MultiStepLR', {'milestones': [5, 20]})),
    case('multi step twice', spec('MultiStepLR', {'milestones': [20, 7, 7, 30], 'gamma': 0.6}), **ADAM),
    case('multi step at once', spec('MultiStepLR', {'milestones': [1, 2, 3, 2], 'gamma': 1.2}), **MOMENTUM),
    case('multi step group added', spec('MultiStepLR', {'milestones': [5, 20], 'gamma': 0.5}), groups=[{}], add=ADD),
    case('constant', spec('ConstantLR')),
    case('constant factor', spec('ConstantLR', {'factor': 0.25, 'total_iters': 9}), **ADAM),
    case('constant one', spec('ConstantLR', {'factor': 1.0, 'total_iters': 20}), **MOMENTUM),
    case('constant long', spec('ConstantLR', {'factor': 0.7, 'total_iters': 24}), groups=[{}], add=ADD),
    case('linear', spec('LinearLR')),
    case('linear up', spec('LinearLR', {'start_factor': 0.01, 'end_factor': 0.9, 'total_iters': 25}), **ADAM),
    case('linear down', spec('LinearLR', {'start_factor': 1.0, 'end_factor': 0.2, 'total_iters': 30}), **MOMENTUM),
    case('linear down to zero', spec('LinearLR', {'start_factor': 0.5, 'end_factor': 0.0, 'total_iters': 20})),
    case('linear group added', spec('LinearLR', {'total_iters': 20}), groups=[{}], add=ADD),
    case('exponential', spec('ExponentialLR', {'gamma': 0.9})),
    case('exponential up', spec('ExponentialLR', {'gamma': 1.1}), **ADAM),
    case('exponential fast', spec('ExponentialLR', {'gamma': 0.5}), **MOMENTUM),
    case('exponential group added', spec('ExponentialLR', {'gamma': 0.8}), groups=[{}], add=ADD),
    case('polynomial', spec('PolynomialLR')),
    case('polynomial square', spec('PolynomialLR', {'total_iters': 30, 'power': 2.0}), **ADAM),
    case('polynomial root', spec('PolynomialLR', {'total_iters': 40, 'power': 0.5}), **MOMENTUM),
    case('polynomial group added', spec('PolynomialLR', {'total_iters': 34, 'power': 0.9}), groups=[{}], add=ADD),
    case('cosine', spec('CosineAnnealingLR', {'T_max': 36})),
    case('cosine eta_min', spec('CosineAnnealingLR', {'T_max': 8, 'eta_min': 0.005}), **ADAM),
    case('cosine odd period', spec('CosineAnnealingLR', {'T_max': 11, 'eta_min': 0.03}), **MOMENTUM),
    case('cosine shortest', spec('CosineAnnealingLR', {'T_max': 1, 'eta_min': 0.01})),
    case('cosine group added', spec('CosineAnnealingLR', {'T_max': 40, 'eta_min': 0.001}), groups=[{}], add=ADD),
    case('restarts', spec('CosineAnnealingWarmRestarts', {'T_0': 10})),
    case('restarts longer', spec('CosineAnnealingWarmRestarts', {'T_0': 4, 'T_mult': 2, 'eta_min': 0.004}), **ADAM),
    case('restarts thrice', spec('CosineAnnealingWarmRestarts', {'T_0': 1, 'T_mult': 3}), **MOMENTUM),
    case('restarts fractional', spec('CosineAnnealingWarmRestarts', {'T_0': 3, 'T_mult': 2, 'eta_min': 0.001}),
         epochs=[i * 0.75 for i in range(36)]),
    case('restarts fractional, equal periods', spec('CosineAnnealingWarmRestarts', {'T_0': 5}),
         epochs=[i * 0.4 for i in range(36)]),
    case('restarts jumping', spec('CosineAnnealingWarmRestarts', {'T_0': 2, 'T_mult': 3, 'eta_min': 0.002}),
         epochs=[0.5, None, None, 2, 8, 26, 80, None, 242.25, 241.999, 3.25, None] + [None] * 10 + [27.5] + [None] * 13),
    case('restarts at powers of ten', spec('CosineAnnealingWarmRestarts', {'T_0': 1, 'T_mult': 10}),
         epochs=[11, None, 111, None, 1111, None] + [110.5, None] * 15),
    case('cyclic', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5}), **MOMENTUM),
    case('cyclic lists', spec('CyclicLR', {'base_lr': [0.01, 0.002], 'max_lr': [0.1, 0.3], 'step_size_up': 4,
                                           'step_size_down': 7, 'mode': 'triangular2', 'base_momentum': 0.7,
                                           'max_momentum': 0.97}), **MOMENTUM),
    case('cyclic exp_range', spec('CyclicLR', {'base_lr': 0.001, 'max_lr': 0.1, 'step_size_up': 3, 'step_size_down': 6,
                                               'mode': 'exp_range', 'gamma': 0.98, 'base_momentum': [0.5, 0.6],
                                               'max_momentum': [0.9, 0.8]}), **MOMENTUM),
    case('cyclic betas', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 6, 'mode': 'triangular2'}), **ADAM),
    case('cyclic without momentum', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.05, 'step_size_up': 2,
                                                      'cycle_momentum': False}), **MOMENTUM),
    case('cyclic scale_fn', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5,
                                              'scale_fn': fn('shrinking cycle')}), **MOMENTUM),
    case('cyclic scale_fn of batches', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5,
                                                         'scale_fn': fn('shrinking batch'), 'scale_mode': 'iterations'}),
         optimizer='Adam', options={'betas': [0.5, 0.99]}),
    case('cyclic default size', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 10.0}), **MOMENTUM),
    case('one cycle', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 36}), **MOMENTUM),
    case('one cycle linear', spec('OneCycleLR', {'max_lr': [0.1, 0.3], 'epochs': 6, 'steps_per_epoch': 7, 'pct_start': 0.4,
                                                 'anneal_strategy': 'linear', 'div_factor': 10.0,
                                                 'final_div_factor': 100.0, 'base_momentum': 0.7,
                                                 'max_momentum': 0.9}), **MOMENTUM),
    case('one cycle betas', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 40, 'three_phase': True}), **ADAM),
    case('one cycle three phases', spec('OneCycleLR', {'max_lr': 0.2, 'total_steps': 36, 'three_phase': True,
                                                       'anneal_strategy': 'linear', 'pct_start': 0.25,
                                                       'base_momentum': [0.6, 0.7], 'max_momentum': [0.95, 0.8]}), **MOMENTUM),
    case('one cycle without momentum', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 38, 'cycle_momentum': False})),
    case('one cycle total_steps wins', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 37, 'epochs': 2,
                                                           'steps_per_epoch': 3}), optimizer='Adam',
         options={'betas': [0.3, 0.999], 'amsgrad': True}),
    case('plateau', spec('ReduceLROnPlateau'), metrics=METRICS),
    case('plateau min rel', spec('ReduceLROnPlateau', {'factor': 0.5, 'patience': 2, 'threshold': 0.05, 'cooldown': 3,
                                                       'min_lr': 0.001}), metrics=METRICS, **ADAM),
    case('plateau min abs', spec('ReduceLROnPlateau', {'factor': 0.5, 'patience': 1, 'threshold': 0.2,
                                                       'threshold_mode': 'abs', 'min_lr': [0.03, 0.0]}), metrics=METRICS),
    case('plateau max rel', spec('ReduceLROnPlateau', {'mode': 'max', 'factor': 0.3, 'patience': 4, 'threshold': 0.01,
                                                       'eps': 0.001}), metrics=[-m for m in METRICS], **MOMENTUM),
    case('plateau max abs', spec('ReduceLROnPlateau', {'mode': 'max', 'threshold_mode': 'abs', 'threshold': 0.3,
                                                       'patience': 0, 'cooldown': 2, 'factor': 0.9}),
         metrics=[10 - m for m in METRICS]),
    case('plateau group added', spec('ReduceLROnPlateau', {'factor': 0.5, 'patience': 3, 'min_lr': 0.01}), metrics=METRICS,
         groups=[{}], add=ADD),
    case('sequential', spec('SequentialLR', {'milestones': [6]}, schedulers=[
        spec('ConstantLR', {'factor': 0.1, 'total_iters': 4}), spec('ExponentialLR', {'gamma': 0.9})])),
    case('sequential warm-up and cosine', spec('SequentialLR', {'milestones': [5, 25]}, schedulers=[
        spec('LinearLR', {'start_factor': 0.1, 'total_iters': 5}), spec('CosineAnnealingLR', {'T_max': 20, 'eta_min': 0.001}),
        spec('StepLR', {'step_size': 3, 'gamma': 0.5})]), **ADAM),
    case('sequential of four', spec('SequentialLR', {'milestones': [3, 9, 15]}, schedulers=[
        spec('LambdaLR', {'lr_lambda': fn('harmonic')}), spec('PolynomialLR', {'total_iters': 10, 'power': 2.0}),
        spec('CosineAnnealingWarmRestarts', {'T_0': 4, 'eta_min': 0.002}), spec('MultiplicativeLR', {'lr_lambda': fn('wobble')})])),
    case('sequential from another than the first', spec('SequentialLR', {'milestones': [0, 10]}, schedulers=[
        spec('ConstantLR', {'factor': 0.1}), spec('LinearLR'), spec('MultiStepLR', {'milestones': [3, 5], 'gamma': 0.5})])),
    case('sequential with momentum', spec('SequentialLR', {'milestones': [8]}, schedulers=[
        spec('LinearLR', {'total_iters': 8}), spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 4})]), **MOMENTUM),
    case('sequential of chained', spec('SequentialLR', {'milestones': [40]}, schedulers=[
        spec('ChainedScheduler', schedulers=[spec('ExponentialLR', {'gamma': 0.95}), spec('StepLR', {'step_size': 4, 'gamma': 0.5})]),
        spec('ConstantLR')])),
    case('sequential of sequential', spec('SequentialLR', {'milestones': [40]}, schedulers=[
        spec('SequentialLR', {'milestones': [5]}, schedulers=[spec('LinearLR'), spec('ExponentialLR', {'gamma': 0.9})]),
        spec('ConstantLR')])),
    case('sequential last_epoch', spec('SequentialLR', {'milestones': [6], 'last_epoch': 3}, schedulers=[
        spec('ConstantLR', {'factor': 0.1, 'total_iters': 4}), spec('ExponentialLR', {'gamma': 0.9})])),
    case('chained', spec('ChainedScheduler', schedulers=[
        spec('ConstantLR', {'factor': 0.1, 'total_iters': 4}), spec('ExponentialLR', {'gamma': 0.9})])),
    case('chained with momentum', spec('ChainedScheduler', schedulers=[
        spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 40}), spec('StepLR', {'step_size': 10, 'gamma': 0.5})]), **MOMENTUM),
    case('chained betas', spec('ChainedScheduler', schedulers=[
        spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5}), spec('MultiplicativeLR', {'lr_lambda': fn('ninety-five')}),
        spec('LinearLR', {'total_iters': 10})]), **ADAM),
    case('chained, one', spec('ChainedScheduler', schedulers=[spec('CosineAnnealingLR', {'T_max': 10})]), groups=[{}]),
    case('chained of sequential', spec('ChainedScheduler', schedulers=[
        spec('SequentialLR', {'milestones': [5]}, schedulers=[spec('LinearLR'), spec('ExponentialLR', {'gamma': 0.9})]),
        spec('StepLR', {'step_size': 10})])),
    case('chained group added', spec('ChainedScheduler', schedulers=[
        spec('ExponentialLR', {'gamma': 0.9}), spec('StepLR', {'step_size': 10, 'gamma': 0.3})]), groups=[{}], add=ADD),
]
