"""Configurations of optimizers whose rate and momentum a scheduler changes at every step."""
from optim_problem import TWO, case

ONE_CYCLE = {'max_lr': 0.1, 'total_steps': 33}
CYCLE = {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5, 'step_size_down': 7}
SCHEDULED = [
    case('sgd one cycle', 'SGD', {'lr': 0.05, 'momentum': 0.9}, schedulers=[['OneCycleLR', ONE_CYCLE]]),
    case('sgd cycle', 'SGD', {'lr': 0.05, 'momentum': 0.9, 'nesterov': True}, groups=TWO,
         schedulers=[['CyclicLR', {**CYCLE, 'base_momentum': 0.5, 'mode': 'triangular2'}]]),
    case('rmsprop one cycle', 'RMSprop', {'lr': 0.01, 'momentum': 0.9, 'centered': True},
         schedulers=[['OneCycleLR', {**ONE_CYCLE, 'max_lr': 0.02, 'anneal_strategy': 'linear', 'three_phase': True}]]),
    case('rmsprop cycle', 'RMSprop', {'lr': 0.01, 'momentum': 0.9},
         schedulers=[['CyclicLR', {**CYCLE, 'max_lr': 0.02, 'mode': 'exp_range', 'gamma': 0.95}]]),
    case('adam one cycle', 'Adam', {'lr': 0.05}, groups=TWO, schedulers=[['OneCycleLR', ONE_CYCLE]]),
    case('adamw one cycle', 'AdamW', {'lr': 0.05}, schedulers=[['OneCycleLR', {**ONE_CYCLE, 'pct_start': 0.5}]]),
    case('adamax one cycle', 'Adamax', {'lr': 0.05}, schedulers=[['OneCycleLR', ONE_CYCLE]]),
    case('nadam one cycle', 'NAdam', {'lr': 0.05}, schedulers=[['OneCycleLR', ONE_CYCLE]]),
    case('radam one cycle', 'RAdam', {'lr': 0.05}, schedulers=[['OneCycleLR', ONE_CYCLE]]),
    case('asgd cosine', 'ASGD', {'lr': 0.05, 't0': 8}, schedulers=[['CosineAnnealingLR', {'T_max': 20, 'eta_min': 0.01}]]),
    case('adagrad chained', 'Adagrad', {'lr': 0.1},
         schedulers=[['ConstantLR', {'factor': 0.1, 'total_iters': 5}], ['ExponentialLR', {'gamma': 0.9}]]),
    case('adadelta chained', 'Adadelta', {'eps': 1e-3}, groups=TWO,
         schedulers=[['LinearLR', {'start_factor': 0.25, 'total_iters': 8}], ['MultiStepLR', {'milestones': [12, 20]}]]),
]

FAMILIES = {'scheduled': SCHEDULED}
