"""Configurations of the optimizers with a scale for each element: Adagrad and what came of it, and Rprop."""
from optim_problem import TWO, case

ADAGRAD = [
    case('adagrad', 'Adagrad', {'lr': 0.1}),
    case('adagrad defaults', 'Adagrad', {}),
    case('adagrad decay', 'Adagrad', {'lr': 0.2, 'lr_decay': 0.1, 'weight_decay': 0.2}),
    case('adagrad accumulator eps', 'Adagrad', {'lr': 0.1, 'initial_accumulator_value': 0.5, 'eps': 0.1}),
    case('adagrad maximize', 'Adagrad', {'lr': 0.05, 'maximize': True, 'weight_decay': 0.1}),
    # with foreach true, PyTorch 1.13 computes the rate in float32, 2.x does not
    case('adagrad foreach', 'Adagrad', {'lr': 0.1, 'foreach': False, 'lr_decay': 0.01}),
    case('adagrad groups', 'Adagrad', {'lr': 0.1},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'lr_decay': 0.3}], [[3], {'eps': 0.01, 'weight_decay': 0.3}]]),
    # a group's own initial_accumulator_value is kept, and the optimizer's is used
    case('adagrad accumulator of a group', 'Adagrad', {'lr': 0.1},
         groups=[[[0, 1], {}], [[2, 3], {'initial_accumulator_value': 0.7}]]),
    case('adagrad missing gradients', 'Adagrad', {'lr': 0.1}, frozen=[1], late={'0': 5}),
    case('adagrad reload', 'Adagrad', {'lr': 0.1, 'lr_decay': 0.1}, groups=TWO, reload=17),
    case('adagrad changed options', 'Adagrad', {'lr': 0.1}, set=[17, {'lr': 0.3, 'lr_decay': 0.05}]),
    case('adagrad schedule', 'Adagrad', {'lr': 0.1}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

ADADELTA = [
    case('adadelta', 'Adadelta', {'eps': 1e-3}),
    case('adadelta defaults', 'Adadelta', {}),
    case('adadelta rho', 'Adadelta', {'lr': 2, 'rho': 0.5, 'eps': 1e-3}),
    case('adadelta weight decay', 'Adadelta', {'eps': 1e-2, 'weight_decay': 0.3}),
    case('adadelta maximize', 'Adadelta', {'lr': 0.5, 'eps': 1e-3, 'weight_decay': 0.1, 'maximize': True}),
    case('adadelta foreach', 'Adadelta', {'eps': 1e-3, 'foreach': True}),
    case('adadelta groups', 'Adadelta', {'eps': 1e-3},
         groups=[[[0], {}], [[1, 2], {'lr': 0.3, 'rho': 0.7}], [[3], {'eps': 0.1, 'weight_decay': 0.3}]]),
    case('adadelta missing gradients', 'Adadelta', {'eps': 1e-3}, frozen=[1], late={'0': 5}),
    case('adadelta group added', 'Adadelta', {'eps': 1e-3}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.4}]),
    case('adadelta reload', 'Adadelta', {'eps': 1e-3, 'rho': 0.8}, groups=TWO, reload=17),
    case('adadelta changed options', 'Adadelta', {'eps': 1e-3}, set=[17, {'lr': 0.3, 'rho': 0.99}]),
    case('adadelta schedule', 'Adadelta', {'eps': 1e-2}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

RMSPROP = [
    case('rmsprop', 'RMSprop', {'lr': 0.02}),
    case('rmsprop defaults', 'RMSprop', {}),
    case('rmsprop alpha eps', 'RMSprop', {'lr': 0.05, 'alpha': 0.8, 'eps': 0.1}),
    case('rmsprop momentum', 'RMSprop', {'lr': 0.01, 'momentum': 0.9, 'weight_decay': 0.2}),
    case('rmsprop centered', 'RMSprop', {'lr': 0.02, 'centered': True, 'eps': 1e-3}),
    case('rmsprop centered momentum', 'RMSprop', {'lr': 0.01, 'centered': True, 'momentum': 0.5, 'alpha': 0.9}),
    case('rmsprop maximize', 'RMSprop', {'lr': 0.01, 'weight_decay': 0.1, 'maximize': True}),
    case('rmsprop foreach', 'RMSprop', {'lr': 0.02, 'centered': True, 'foreach': True}),
    case('rmsprop groups', 'RMSprop', {'lr': 0.02},
         groups=[[[0], {}], [[1, 2], {'lr': 0.01, 'momentum': 0.5}], [[3], {'centered': True, 'weight_decay': 0.3}]]),
    case('rmsprop missing gradients', 'RMSprop', {'lr': 0.02, 'momentum': 0.9}, frozen=[1], late={'0': 5}),
    case('rmsprop group added', 'RMSprop', {'lr': 0.02}, groups=[[[0, 1], {}]],
         add=[17, [2, 3], {'lr': 0.05, 'momentum': 0.2, 'centered': True}]),
    case('rmsprop reload', 'RMSprop', {'lr': 0.02, 'momentum': 0.9, 'centered': True}, groups=TWO, reload=17),
    case('rmsprop changed options', 'RMSprop', {'lr': 0.02, 'momentum': 0.9}, set=[17, {'lr': 0.05, 'momentum': 0.1}]),
    case('rmsprop schedule', 'RMSprop', {'lr': 0.02}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]


def rprop(name, options, **more):
    """Rounding decides where a gradient changes its sign, so that float32 has nothing to compare."""
    return case(name, 'Rprop', options, dtypes=['float64'], **more)


RPROP = [
    rprop('rprop', {'lr': 0.05}),
    rprop('rprop defaults', {}),
    rprop('rprop etas', {'lr': 0.05, 'etas': [0.3, 1.5]}),
    rprop('rprop step sizes', {'lr': 0.05, 'step_sizes': [0.02, 0.1]}),
    rprop('rprop maximize', {'lr': 0.01, 'maximize': True}),
    rprop('rprop foreach', {'lr': 0.05, 'foreach': True}),
    rprop('rprop groups', {'lr': 0.05},
          groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'etas': [0.6, 1.1]}], [[3], {'step_sizes': [0.01, 0.2]}]]),
    rprop('rprop missing gradients', {'lr': 0.05}, frozen=[1], late={'0': 5}),
    rprop('rprop group added', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.1}]),
    rprop('rprop reload', {'lr': 0.05, 'etas': [0.4, 1.3]}, groups=TWO, reload=17),
    rprop('rprop changed options', {'lr': 0.05}, set=[17, {'etas': [0.2, 1.4]}]),
    # the learning rate counts at the first step alone
    rprop('rprop schedule', {'lr': 0.05}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

FAMILIES = {'adagrad': ADAGRAD, 'adadelta': ADADELTA, 'rmsprop': RMSPROP, 'rprop': RPROP}
