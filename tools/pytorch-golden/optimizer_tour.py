#!/usr/bin/env python3
"""Writes examples/optimizer-tour/expected.json: what each lesson prints, lesson by lesson the same program in PyTorch.

Where PyTorch 2 differs from the installed 1.13, it is asked for: groups of SGD have `fused`, `zero_grad` forgets.

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/optimizer_tour.py
"""
import contextlib
import io
import json
import os
import tempfile
import warnings

import torch
from torch import nn, optim
from torch.nn import functional as F
from torch.optim import lr_scheduler

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../examples/optimizer-tour/expected.json')


class SGD(optim.SGD):
    """PyTorch 2's: with the option `fused`, and lr=1e-3 by default."""
    def __init__(self, params, lr=1e-3, **options):
        super().__init__(params, lr, **options)

    def add_param_group(self, group):
        self.defaults['fused'] = None
        super().add_param_group(group)

    def zero_grad(self, set_to_none=True):
        super().zero_grad(set_to_none)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 1, 3)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(1 * 3 * 3, 2)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = x.view(-1, 1 * 3 * 3)
        return F.relu(self.fc1(x))


def a():
    torch.manual_seed(0)
    w1 = torch.randn(2, 2, requires_grad=True)
    w2 = torch.randn(2, 2, requires_grad=True)
    w3 = torch.randn(2, 2, requires_grad=True)
    one = SGD([w1, w3], lr=0.1)
    print('groups:', len(one.param_groups))
    print(one.param_groups)
    print(one)
    two = SGD([{'params': w1, 'lr': 0.1}, {'params': w2, 'lr': 0.001}])
    print('groups:', len(two.param_groups))
    print(two.param_groups)
    print(two)


def b():
    torch.manual_seed(0)
    w1 = torch.randn(2, 2, requires_grad=True)
    w2 = torch.randn(2, 2, requires_grad=True)
    optimizer = SGD([w1, w2], lr=0.001, momentum=0.9)
    optimizer.param_groups[0]['params'][0].grad = torch.randn(2, 2)
    print('the gradient of w1:')
    print(w1.grad)
    optimizer.zero_grad()
    print('after zero_grad():')
    print(w1.grad)
    w1.grad = torch.randn(2, 2)
    optimizer.zero_grad(set_to_none=False)
    print('after zero_grad(set_to_none=False):')
    print(w1.grad)
    print('w1 is the parameter in the group:', w1 is optimizer.param_groups[0]['params'][0])


def c():
    torch.manual_seed(0)
    net = Net()
    print(net)
    print(net(torch.ones(2, 3, 8, 8)).shape)
    for key, value in net.state_dict().items():
        print(key, value.shape)


def d():
    torch.manual_seed(0)
    net = Net()
    net_state_dict = net.state_dict()
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, 'net_params.pt')
    torch.save(net_state_dict, path)
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.constant_(module.weight, 0)
            module.bias.data.zero_()
    print('zeroed:')
    for key, value in net_state_dict.items():
        print(key, value)
    print(net.load_state_dict(torch.load(path)))
    print('restored:')
    for key, value in net_state_dict.items():
        print(key, value)


def e():
    torch.manual_seed(0)
    w1 = torch.randn(2, 2, requires_grad=True)
    w2 = torch.randn(2, 2, requires_grad=True)
    w3 = torch.randn(2, 2, requires_grad=True)
    optimizer = SGD([w1, w2], lr=0.001, momentum=0.9)
    print('groups:', len(optimizer.param_groups))
    optimizer.add_param_group({'params': w3, 'lr': 0.01, 'momentum': 0.8})
    print('groups:', len(optimizer.param_groups))
    print(optimizer)
    print(optimizer.param_groups[1]['params'])


def f():
    torch.manual_seed(0)
    net = Net()
    loss_function = nn.CrossEntropyLoss()
    optimizer = SGD(net.parameters(), lr=0.1, momentum=0.9)
    images = torch.rand(4, 3, 8, 8)
    labels = torch.tensor([0, 1, 1, 0])
    for step in range(3):
        optimizer.zero_grad()
        loss = loss_function(net(images), labels)
        loss.backward()
        optimizer.step()
        print('step', step + 1, 'loss', loss)
    print(net.fc1.bias.grad)
    print(net.fc1.bias)
    print(optimizer.state[net.fc1.bias])


SCHEDULERS = {
    'LambdaLR': lambda o: lr_scheduler.LambdaLR(o, lr_lambda=[lambda epoch: 0.9 ** epoch, lambda epoch: 1 / (1 + epoch)]),
    'MultiplicativeLR': lambda o: lr_scheduler.MultiplicativeLR(o, lr_lambda=lambda epoch: 0.95),
    'StepLR': lambda o: lr_scheduler.StepLR(o, step_size=3, gamma=0.5),
    'MultiStepLR': lambda o: lr_scheduler.MultiStepLR(o, milestones=[2, 5], gamma=0.1),
    'ConstantLR': lambda o: lr_scheduler.ConstantLR(o, factor=0.5, total_iters=4),
    'LinearLR': lambda o: lr_scheduler.LinearLR(o, start_factor=0.25, total_iters=4),
    'ExponentialLR': lambda o: lr_scheduler.ExponentialLR(o, gamma=0.8),
    'PolynomialLR': lambda o: lr_scheduler.PolynomialLR(o, total_iters=8, power=2),
    'CosineAnnealingLR': lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=8, eta_min=0.001),
    'CosineAnnealingWarmRestarts': lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2),
    'CyclicLR': lambda o: lr_scheduler.CyclicLR(o, base_lr=[0.01, 0.002], max_lr=[0.1, 0.02], step_size_up=3),
    'OneCycleLR': lambda o: lr_scheduler.OneCycleLR(o, max_lr=[0.1, 0.02], total_steps=10),
    'SequentialLR': lambda o: lr_scheduler.SequentialLR(o, schedulers=[
        lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=3), lr_scheduler.ExponentialLR(o, gamma=0.8),
    ], milestones=[3]),
    'ChainedScheduler': lambda o: lr_scheduler.ChainedScheduler([
        lr_scheduler.ConstantLR(o, factor=0.5, total_iters=4), lr_scheduler.ExponentialLR(o, gamma=0.9),
    ]),
    'ReduceLROnPlateau': lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1, min_lr=[0.01, 0]),
}
LOSSES = [1.0, 0.8, 0.8, 0.8, 0.8, 0.7, 0.9, 0.9, 0.9]


def g():
    for name, make in SCHEDULERS.items():
        w1 = torch.zeros(1, requires_grad=True)
        w2 = torch.zeros(1, requires_grad=True)
        optimizer = SGD([{'params': w1, 'lr': 0.1}, {'params': w2, 'lr': 0.02}], momentum=0.9)
        scheduler = make(optimizer)
        rates = [[group['lr'] for group in optimizer.param_groups]]
        for loss in LOSSES:
            optimizer.step()
            if name == 'ReduceLROnPlateau':
                scheduler.step(loss)
            else:
                scheduler.step()
            rates.append([group['lr'] for group in optimizer.param_groups])
        print(name)
        for i in range(2):
            print(' ', *[f'{lr[i]:.5f}' for lr in rates])
    optimizer = SGD([{'params': w1, 'lr': 0.1}, {'params': w2, 'lr': 0.02}], momentum=0.9)
    lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    print(optimizer)


def printed(lesson):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        lesson()
    return out.getvalue().splitlines()


if __name__ == '__main__':
    torch.set_num_threads(1)
    # SequentialLR itself still calls its schedulers' step(epoch)
    warnings.simplefilter('ignore')
    with open(OUT, 'w') as file:
        lessons = {lesson.__name__: printed(lesson) for lesson in (a, b, c, d, e, f, g)}
        json.dump({'torch': torch.__version__, 'lessons': lessons}, file, indent=2, ensure_ascii=False)
        file.write('\n')
    for name, lines in lessons.items():
        print(f'== {name}', *lines, sep='\n')
