"""The problem that the optimizers train, and how a configuration is run on it.

The gradient of parameter p at step k is c * (p - t) + noise[k % len(noise)], with c, t and noise in the file: both
sides compute it with the same three operations. It is the gradient of sum(c / 2 * (p - t)^2 + noise * p), which is the
loss that a closure returns. Numbers in the files are decimals that either dtype is made from.
"""
import copy

import torch
from torch.optim import lr_scheduler

DTYPES = {'float32': torch.float32, 'float64': torch.float64}
SHAPES = [[3, 2], [4], [], [11]]
STEPS = 32
RECORDED = [1, 2, 17, 32]
NOISES = 7


def decimals(shape):
    return [round(x, 3) for x in torch.randn(shape, dtype=torch.float64).flatten().tolist()]


def problem(shapes=SHAPES):
    """Parameters with the data of their gradients."""
    torch.manual_seed(7)
    return [
        {
            'shape': shape,
            'p': decimals(shape),
            'c': [abs(x) + 0.5 for x in decimals(shape)],
            't': decimals(shape),
            'noise': [decimals(shape) for _ in range(NOISES)],
        }
        for shape in shapes
    ]


def case(name, optimizer, options, **more):
    """groups: [[indices of parameters, options]]; frozen: parameters that never get a gradient; late: one that gets its
    first at a step; add: a group that joins before a step; set: options changed in all groups before a step; reload: the
    step before which a new optimizer takes the state over; schedule: StepLR's options, an epoch being four steps;
    schedulers: [[name, options]] that step with the optimizer, chained if there are several;
    closure: gradients come from a closure that step is given; dtypes: those of DTYPES that are run."""
    return {'name': name, 'optimizer': optimizer, 'options': options, 'groups': [[[0, 1, 2, 3], {}]], **more}


TWO = [[[0, 3], {}], [[1, 2], {'lr': 0.02}]]


def python(options):
    """Lists are tuples in PyTorch's options."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}


def make(spec, params):
    groups = [{'params': [params[i] for i in indices], **python(own)} for indices, own in spec['groups']]
    return getattr(torch.optim, spec['optimizer'])(groups, **python(spec['options']))


def parameters(data, dtype):
    return [torch.tensor(d['p'], dtype=dtype).reshape(d['shape']).requires_grad_() for d in data]


def tensors(data, dtype):
    def t(values):
        return torch.tensor(values, dtype=dtype).reshape(data['shape'])
    return {'c': t(data['c']), 't': t(data['t']), 'noise': [t(n) for n in data['noise']]}


def gradient(p, term, step):
    return term['c'] * (p.detach() - term['t']) + term['noise'][step % NOISES]


def flat(x):
    return x.flatten().tolist() if isinstance(x, torch.Tensor) else x


def set_gradients(spec, params, terms, step):
    """Returns the loss of the parameters that got one."""
    loss = 0
    for i, (p, term) in enumerate(zip(params, terms)):
        if i in spec.get('frozen', []) or step < spec.get('late', {}).get(str(i), 0):
            continue
        p.grad = gradient(p, term, step)
        x = p.detach()
        loss = loss + (term['c'] / 2 * (x - term['t']) ** 2 + term['noise'][step % NOISES] * x).sum()
    return loss


def make_scheduler(spec, optimizer):
    if 'schedule' in spec:
        return lr_scheduler.StepLR(optimizer, **spec['schedule'])
    made = [getattr(lr_scheduler, name)(optimizer, **options) for name, options in spec.get('schedulers', [])]
    return lr_scheduler.ChainedScheduler(made) if len(made) > 1 else made[0] if made else None


def run(spec, data, dtype):
    params = parameters(data, dtype)
    terms = [tensors(d, dtype) for d in data]
    optimizer = make(spec, params)
    scheduler = make_scheduler(spec, optimizer)
    recorded = []
    for step in range(1, STEPS + 1):
        if step == spec.get('add', [0])[0]:
            optimizer.add_param_group({'params': [params[i] for i in spec['add'][1]], **spec['add'][2]})
        if step == spec.get('set', [0])[0]:
            for group in optimizer.param_groups:
                group.update(python(spec['set'][1]))
        if step == spec.get('reload', 0):
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer = make(spec, params)
            optimizer.load_state_dict(saved)
        optimizer.zero_grad(set_to_none=True)
        if spec.get('closure'):
            optimizer.step(lambda: set_gradients(spec, params, terms, step))
        else:
            set_gradients(spec, params, terms, step)
            optimizer.step()
        if scheduler is not None and ('schedule' not in spec or step % 4 == 0):
            scheduler.step()
        if step in RECORDED:
            recorded.append([flat(p.detach()) for p in params])
    state_dict = optimizer.state_dict()
    return {
        'params': recorded,
        'state': {i: {k: flat(v) for k, v in s.items()} for i, s in state_dict['state'].items()},
        'param_groups': state_dict['param_groups'],
        **({'repr': repr(optimizer)} if dtype == DTYPES[spec.get('dtypes', ['float32'])[0]] else {}),
    }


def trajectories(cases, data=None):
    """With a problem of its own, which then stands in the file, or that of all."""
    out = []
    for spec in cases:
        dtypes = spec.get('dtypes', list(DTYPES))
        out.append({**spec, **{name: run(spec, data or problem(), DTYPES[name]) for name in dtypes}})
    own = {} if data is None else {'problem': data}
    return {**own, 'steps': STEPS, 'recorded': RECORDED, 'cases': out}
