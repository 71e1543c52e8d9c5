/** The side panel: everything about one event. */
import { element, showNumber } from './format.js';
import { tensorView } from './tensor-view.js';

const PHASES = { forward: 'Forward', backward: 'Backward', update: 'Update' };

/** @param go jumps to a node's event, given the node's number */
export function detailsOf(recording, step, event, go) {
  const nodeOf = (id) => (id === null ? null : step.nodes[id - 1]);
  const node = nodeOf(event.node);
  const context = { recording, nodeOf, go };
  const views = { forward: forwardView, backward: backwardView, update: updateView };
  return [
    element('span', { class: 'chip', 'data-phase': event.phase }, PHASES[event.phase]),
    ...views[event.phase](event, node, context),
  ];
}

function heading(title, node) {
  return [
    element('h2', {}, title),
    node?.module ? element('p', { class: 'meta' }, 'in ', element('code', {}, node.module)) : null,
    node?.line ? element('p', { class: 'meta' }, 'made at ', element('code', { id: 'line' }, node.line)) : null,
  ];
}

/** `label`: the name of a tensor; null where nothing was recorded. */
function tensor(label, ref, { recording }, origin = null, rule = null) {
  return ref === null ? null : tensorView(label, recording.tensors[ref], origin, rule);
}

const jump = (prefix, node, { go }) =>
  node === null ? null : { label: `${prefix} ${node.name}`, go: () => go(node.id) };

function section(title, children) {
  const shown = children.filter((child) => child !== null);
  return shown.length === 0 ? [] : [element('h3', {}, title), ...shown];
}

function forwardView({ operands, results }, node, context) {
  const { nodeOf } = context;
  const plain = operands.filter(({ text }) => text !== null);
  // formulas call the result y, unless an operand has that name
  const result = operands.some(({ name }) => name === 'y') ? 'result' : 'result y';
  return [
    ...heading(`${node.operation} `, node),
    element('p', { class: 'meta' }, 'recorded as ', element('code', {}, node.name)),
    ...section('Derivative', [element('pre', { id: 'formula' }, node.formula.join('\n'))]),
    ...section(
      'Operands',
      operands.map(({ name, tensor: ref, from }) => {
        const source = nodeOf(from);
        return tensor(
          source?.kind === 'leaf' ? `${name} = ${source.name}` : name,
          ref,
          context,
          jump('from', source, context),
        );
      }),
    ),
    ...section(
      'Options',
      plain.length === 0
        ? []
        : [
            element(
              'div',
              { class: 'options' },
              plain.map(({ name, text }) => element('code', {}, `${name} = ${text}`)),
            ),
          ],
    ),
    ...section(
      'Result',
      results.map((ref, i) => tensor(results.length > 1 ? `${result}[${i}]` : result, ref, context)),
    ),
  ];
}

function backwardView({ incoming, outgoing, grad }, node, context) {
  const { nodeOf } = context;
  const given = incoming.map((ref, i) => tensor(incoming.length > 1 ? `g[${i}]` : 'g', ref, context));
  if (node.kind === 'leaf') {
    return [
      ...heading(node.name, node),
      element('p', { class: 'meta' }, 'a leaf: its gradient arrives here'),
      element('pre', { id: 'formula' }, node.formula.join('\n')),
      ...section('Gradient that arrives', given),
      ...section('.grad afterwards', [tensor('.grad', grad, context)]),
    ];
  }
  return [
    ...heading(node.name, node),
    ...section('Derivative', [element('pre', { id: 'formula' }, node.formula.join('\n'))]),
    ...section('Gradient coming in', given),
    ...section(
      'Gradients going out',
      node.inputs.map((input, i) => {
        const target = nodeOf(input.node);
        const name = /^d([^\s=]+)/.exec(input.formula)?.[0] ?? `gradient ${i + 1}`;
        return tensor(name, outgoing[i], context, jump('to', target, context), input.formula);
      }),
    ),
  ];
}

function updateView(event, node, context) {
  const { name, optimizer, formula, options, before, grad, after, state, traces } = event;
  const entry = (label, value) =>
    typeof value === 'number'
      ? tensor(label, value, context)
      : value === null
        ? element('p', { class: 'meta' }, `${label}: not there yet`)
        : element('p', {}, element('code', {}, `${label} = ${value}`));
  return [
    ...heading(name, node),
    element('p', { class: 'meta' }, `updated by ${optimizer}`),
    ...section('Update', [
      formula === '' ? null : element('pre', { id: 'formula' }, formula),
      element(
        'div',
        { class: 'options' },
        Object.entries(options).map(([key, value]) => element('code', {}, `${key} = ${value}`)),
      ),
    ]),
    ...traces.flatMap((trace) =>
      section(`${trace.kernel}, with the numbers of element ${trace.element}`, [traceTable(trace)]),
    ),
    ...section('Gradient', [tensor('g', grad, context)]),
    ...section('Parameter', [
      element('div', { class: 'pair' }, tensor('before', before, context), tensor('after', after, context)),
    ]),
    ...state.flatMap((one) =>
      section(`State: ${one.name}`, [
        element(
          'div',
          { class: 'pair' },
          entry(`${one.name} before`, one.before),
          entry(`${one.name} after`, one.after),
        ),
      ]),
    ),
  ];
}

function traceTable({ lines }) {
  const row = ({ name, formula, numbers, value }) =>
    element(
      'tr',
      {},
      element(
        'td',
        {},
        `${name} = ${formula}`,
        formula === numbers ? null : element('div', { class: 'filled' }, `= ${numbers}`),
      ),
      element('td', { 'data-value': String(value) }, typeof value === 'number' ? showNumber(value) : String(value)),
    );
  return element('table', { class: 'trace' }, element('tbody', {}, lines.map(row)));
}
