"""Configurations of ASGD and of the variants of Adam."""
import inspect

import sys

from optim_problem import TWO, case

ASGD = [
    case('asgd', 'ASGD', {'lr': 0.05}),
    case('asgd defaults', 'ASGD', {}),
    case('asgd averaged', 'ASGD', {'lr': 0.05, 't0': 5}),
    case('asgd lambd alpha', 'ASGD', {'lr': 0.1, 'lambd': 0.1, 'alpha': 0.5, 't0': 10}),
    case('asgd weight decay', 'ASGD', {'lr': 0.05, 'weight_decay': 0.3, 't0': 1}),
    case('asgd maximize', 'ASGD', {'lr': 0.01, 'weight_decay': 0.1, 'maximize': True, 't0': 8}),
    case('asgd groups', 'ASGD', {'lr': 0.05},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 't0': 3, 'lambd': 0.2}], [[3], {'alpha': 1, 'lambd': 0.3}]]),
    case('asgd missing gradients', 'ASGD', {'lr': 0.05, 't0': 4}, frozen=[1], late={'0': 5}),
    case('asgd group added', 'ASGD', {'lr': 0.05, 't0': 4}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.1}]),
    case('asgd reload', 'ASGD', {'lr': 0.05, 't0': 4, 'lambd': 0.1}, groups=TWO, reload=17),
    case('asgd changed options', 'ASGD', {'lr': 0.05, 't0': 4}, set=[17, {'lr': 0.1, 'lambd': 0.2}]),
    case('asgd schedule', 'ASGD', {'lr': 0.05, 't0': 20}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

ADAMW = [
    case('adamw', 'AdamW', {'lr': 0.05}),
    case('adamw defaults', 'AdamW', {}),
    case('adamw betas eps', 'AdamW', {'lr': 0.05, 'betas': [0.7, 0.9], 'eps': 0.1, 'weight_decay': 0}),
    case('adamw weight decay', 'AdamW', {'lr': 0.05, 'weight_decay': 0.5}),
    case('adamw amsgrad', 'AdamW', {'lr': 0.05, 'amsgrad': True, 'betas': [0.9, 0.5]}),
    case('adamw maximize', 'AdamW', {'lr': 0.02, 'maximize': True, 'weight_decay': 0.1}),
    case('adamw foreach', 'AdamW', {'lr': 0.05, 'foreach': True}),
    case('adamw groups', 'AdamW', {'lr': 0.05},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'weight_decay': 0}], [[3], {'amsgrad': True, 'eps': 0.01}]]),
    case('adamw missing gradients', 'AdamW', {'lr': 0.05}, frozen=[1], late={'0': 5}),
    case('adamw group added', 'AdamW', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'weight_decay': 0.4}]),
    case('adamw reload', 'AdamW', {'lr': 0.05, 'amsgrad': True}, groups=TWO, reload=17),
    case('adamw schedule', 'AdamW', {'lr': 0.05}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

ADAMAX = [
    case('adamax', 'Adamax', {'lr': 0.05}),
    case('adamax defaults', 'Adamax', {}),
    case('adamax betas', 'Adamax', {'lr': 0.05, 'betas': [0.7, 0.9]}),
    case('adamax eps', 'Adamax', {'lr': 0.05, 'eps': 0.1, 'betas': [0.5, 0.8]}),
    case('adamax weight decay', 'Adamax', {'lr': 0.05, 'weight_decay': 0.3}),
    case('adamax maximize', 'Adamax', {'lr': 0.02, 'maximize': True, 'weight_decay': 0.1}),
    case('adamax foreach', 'Adamax', {'lr': 0.05, 'foreach': True}),
    case('adamax groups', 'Adamax', {'lr': 0.05},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'betas': [0.5, 0.99]}], [[3], {'eps': 0.01, 'weight_decay': 0.2}]]),
    case('adamax missing gradients', 'Adamax', {'lr': 0.05}, frozen=[1], late={'0': 5}),
    case('adamax group added', 'Adamax', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.1}]),
    case('adamax reload', 'Adamax', {'lr': 0.05}, groups=TWO, reload=17),
    case('adamax schedule', 'Adamax', {'lr': 0.05}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

NADAM = [
    case('nadam', 'NAdam', {'lr': 0.05}),
    case('nadam defaults', 'NAdam', {}),
    case('nadam betas', 'NAdam', {'lr': 0.05, 'betas': [0.7, 0.9]}),
    case('nadam eps', 'NAdam', {'lr': 0.05, 'eps': 0.1}),
    case('nadam momentum decay', 'NAdam', {'lr': 0.05, 'momentum_decay': 0.5}),
    case('nadam weight decay', 'NAdam', {'lr': 0.05, 'weight_decay': 0.3}),
    case('nadam groups', 'NAdam', {'lr': 0.05},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'betas': [0.5, 0.99]}], [[3], {'momentum_decay': 0, 'eps': 0.01}]]),
    case('nadam missing gradients', 'NAdam', {'lr': 0.05}, frozen=[1], late={'0': 5}),
    case('nadam group added', 'NAdam', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.1}]),
    case('nadam reload', 'NAdam', {'lr': 0.05}, groups=TWO, reload=17),
    case('nadam schedule', 'NAdam', {'lr': 0.05}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

RADAM = [
    case('radam', 'RAdam', {'lr': 0.05}),
    case('radam defaults', 'RAdam', {}),
    case('radam betas', 'RAdam', {'lr': 0.05, 'betas': [0.7, 0.9]}),
    # short averages, which are never trusted
    case('radam short', 'RAdam', {'lr': 0.05, 'betas': [0.9, 0.6]}),
    case('radam eps', 'RAdam', {'lr': 0.05, 'eps': 0.1}),
    case('radam weight decay', 'RAdam', {'lr': 0.05, 'weight_decay': 0.3}),
    # with foreach true, PyTorch 1.13 computes the corrections in float32, 2.x does not
    case('radam foreach', 'RAdam', {'lr': 0.05, 'foreach': False}),
    case('radam groups', 'RAdam', {'lr': 0.05},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'betas': [0.5, 0.9]}], [[3], {'eps': 0.01, 'weight_decay': 0.2}]]),
    case('radam missing gradients', 'RAdam', {'lr': 0.05}, frozen=[1], late={'0': 5}),
    case('radam group added', 'RAdam', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.1}]),
    case('radam reload', 'RAdam', {'lr': 0.05}, groups=TWO, reload=17),
    case('radam schedule', 'RAdam', {'lr': 0.05}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
]

FAMILIES = {'asgd': ASGD, 'adamw': ADAMW, 'adamax': ADAMAX, 'nadam': NADAM, 'radam': RADAM}


def correct_nadam():
    """PyTorch 1.13's NAdam multiplies a step's momentum into the product twice; 2.x does so once, and in double."""
    module = sys.modules['torch.optim.nadam']
    source = inspect.getsource(module._single_tensor_nadam)
    for old, new in [('mu_product * mu * mu_next', 'mu_product.item() * mu_next'),
                     ('mu_product_next.item()', 'mu_product_next')]:
        assert source.count(old) == 1
        source = source.replace(old, new)
    exec(source, module.__dict__)


correct_nadam()
