"""Configurations of the optimizers, one list for each of their files."""
import optim_cases_adaptive
import optim_cases_averaged
import optim_cases_scheduled
from optim_problem import TWO, case

SGD = [
    case('sgd', 'SGD', {'lr': 0.1}),
    case('sgd momentum', 'SGD', {'lr': 0.05, 'momentum': 0.9}),
    case('sgd momentum dampening', 'SGD', {'lr': 0.05, 'momentum': 0.8, 'dampening': 0.3}),
    case('sgd negative dampening', 'SGD', {'lr': 0.02, 'momentum': 0.5, 'dampening': -0.5}),
    case('sgd nesterov weight decay', 'SGD', {'lr': 0.05, 'momentum': 0.9, 'nesterov': True, 'weight_decay': 0.1}),
    case('sgd weight decay', 'SGD', {'lr': 0.1, 'weight_decay': 0.2}),
    case('sgd maximize', 'SGD', {'lr': 0.01, 'momentum': 0.5, 'weight_decay': 0.1, 'maximize': True}),
    case('sgd foreach', 'SGD', {'lr': 0.05, 'momentum': 0.9, 'foreach': True}),
    case('sgd groups', 'SGD', {'lr': 0.05, 'momentum': 0.9},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'momentum': 0.5}], [[3], {'nesterov': True, 'weight_decay': 0.3}]]),
    case('sgd missing gradients', 'SGD', {'lr': 0.05, 'momentum': 0.9}, frozen=[1], late={'0': 5}),
    case('sgd group added', 'SGD', {'lr': 0.05, 'momentum': 0.9}, groups=[[[0, 1], {}]],
         add=[17, [2, 3], {'lr': 0.1, 'momentum': 0.2}]),
    case('sgd reload', 'SGD', {'lr': 0.05, 'momentum': 0.9, 'dampening': 0.1}, groups=TWO, reload=17),
    case('sgd changed options', 'SGD', {'lr': 0.05, 'momentum': 0.9}, set=[17, {'lr': 0.2, 'momentum': 0.1}]),
    case('sgd schedule', 'SGD', {'lr': 0.05, 'momentum': 0.9}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]
ADAM = [
    case('adam', 'Adam', {'lr': 0.05}),
    case('adam defaults', 'Adam', {}),
    case('adam betas', 'Adam', {'lr': 0.05, 'betas': [0.7, 0.9]}),
    case('adam eps', 'Adam', {'lr': 0.05, 'eps': 0.1}),
    case('adam weight decay', 'Adam', {'lr': 0.05, 'weight_decay': 0.3}),
    case('adam amsgrad', 'Adam', {'lr': 0.05, 'amsgrad': True, 'betas': [0.9, 0.5]}),
    case('adam maximize', 'Adam', {'lr': 0.02, 'maximize': True, 'weight_decay': 0.1}),
    case('adam foreach', 'Adam', {'lr': 0.05, 'foreach': True, 'amsgrad': True}),
    case('adam decoupled', 'AdamW', {'lr': 0.05, 'weight_decay': 0.3, 'amsgrad': True}),
    case('adam groups', 'Adam', {'lr': 0.05},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'betas': [0.5, 0.99]}], [[3], {'amsgrad': True, 'eps': 0.01}]]),
    case('adam missing gradients', 'Adam', {'lr': 0.05}, frozen=[1], late={'0': 5, '2': 20}),
    case('adam group added', 'Adam', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.1}]),
    case('adam reload', 'Adam', {'lr': 0.05, 'amsgrad': True}, groups=TWO, reload=17),
    case('adam schedule', 'Adam', {'lr': 0.05}, groups=TWO, schedule={'step_size': 3}),
]

FAMILIES = {
    'sgd': SGD,
    'adam': ADAM,
    **optim_cases_adaptive.FAMILIES,
    **optim_cases_averaged.FAMILIES,
    **optim_cases_scheduled.FAMILIES,
}
