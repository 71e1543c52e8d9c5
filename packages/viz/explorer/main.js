/** Moving through a recording. */
import { detailsOf } from './details.js';
import { element } from './format.js';
import { GraphView } from './graph-view.js';

const byId = (id) => document.getElementById(id);
const recording = JSON.parse(byId('recording').textContent);

/** Every event with the training step that it belongs to. */
const moments = recording.steps.flatMap((step, number) => step.events.map((event) => ({ step, number, event })));
let now = 0;
let timer = null;

const view = new GraphView(byId('canvas'), (nodes) => {
  const { number, event } = moments[now];
  const at = (phase) =>
    moments.findIndex((m) => m.number === number && m.event.phase === phase && nodes.includes(m.event.node));
  const found = [event.phase, 'forward', 'backward', 'update'].map(at).find((i) => i >= 0);
  if (found !== undefined) show(found);
});

function show(index) {
  now = Math.max(0, Math.min(moments.length - 1, index));
  const { step, number, event } = moments[now];
  const picture = recording.pictures[step.picture];
  view.show(picture);
  byId('folded').hidden = picture.folded === null;
  byId('folded').textContent = picture.folded ?? '';
  const own = moments.filter((m) => m.number === number && m.event.phase === event.phase);
  const place = own.findIndex((m) => m.event === event);
  view.mark(
    event.node,
    own.slice(0, place).map((m) => m.event.node),
    event.phase,
  );
  const details = byId('details');
  details.replaceChildren(...detailsOf(recording, step, event, goTo).filter((child) => child !== null));
  details.scrollTop = 0;
  byId('step').value = String(number);
  byId('slider').value = String(now);
  byId('position').textContent = `${now + 1} of ${moments.length}`;
  for (const button of document.querySelectorAll('.phases button')) {
    button.setAttribute('aria-pressed', String(button.dataset.phase === event.phase));
    button.disabled = !moments.some((m) => m.number === number && m.event.phase === button.dataset.phase);
  }
  for (const id of ['first', 'back']) byId(id).disabled = now === 0;
  for (const id of ['next', 'last']) byId(id).disabled = now === moments.length - 1;
}

/** To what another node does in this phase, or else wherever it appears in this training step. */
function goTo(node) {
  const { number, event } = moments[now];
  const of = (phase) =>
    moments.findIndex(
      (m) => m.number === number && m.event.node === node && (phase === null || m.event.phase === phase),
    );
  const found = [event.phase, null].map(of).find((i) => i >= 0);
  if (found !== undefined) show(found);
}

function goToPhase(phase) {
  const { number } = moments[now];
  const found = moments.findIndex((m) => m.number === number && m.event.phase === phase);
  if (found >= 0) show(found);
}

/** To the beginning of the phase before or after this one. */
function otherPhase(direction) {
  const key = (i) => `${moments[i].number} ${moments[i].event.phase}`;
  let i = now;
  while (i >= 0 && i < moments.length && key(i) === key(now)) i += direction;
  if (i < 0 || i >= moments.length) return;
  const target = key(i);
  while (i > 0 && key(i - 1) === target) i--;
  show(i);
}

function play() {
  if (timer !== null) {
    clearInterval(timer);
    timer = null;
  } else {
    if (now === moments.length - 1) show(0);
    timer = setInterval(() => (now === moments.length - 1 ? play() : show(now + 1)), 700);
  }
  byId('play').textContent = timer === null ? 'Play' : 'Pause';
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  if (moments.length > 0) show(now);
}

function drawBars() {
  const bars = [];
  for (const { number, event } of moments) {
    const last = bars.at(-1);
    if (last !== undefined && last.number === number && last.phase === event.phase) last.count++;
    else bars.push({ number, phase: event.phase, count: 1 });
  }
  byId('bars').replaceChildren(
    ...bars.map(({ phase, count }) => element('span', { 'data-phase': phase, style: `flex:${count}` })),
  );
}

const KEYS = {
  ArrowRight: () => show(now + 1),
  ArrowLeft: () => show(now - 1),
  ArrowDown: () => otherPhase(1),
  ArrowUp: () => otherPhase(-1),
  Home: () => show(0),
  End: () => show(moments.length - 1),
  ' ': play,
  '+': () => view.zoomBy(1.25),
  '-': () => view.zoomBy(0.8),
  0: () => view.fit(),
};

function start() {
  byId('step').replaceChildren(
    ...recording.steps.map((_, i) => element('option', { value: i }, `${i + 1} of ${recording.steps.length}`)),
  );
  byId('step').addEventListener('change', (event) =>
    show(moments.findIndex((m) => m.number === Number(event.target.value))),
  );
  byId('slider').max = String(Math.max(0, moments.length - 1));
  byId('slider').addEventListener('input', (event) => show(Number(event.target.value)));
  const actions = {
    first: 'Home',
    back: 'ArrowLeft',
    next: 'ArrowRight',
    last: 'End',
    play: ' ',
    closer: '+',
    farther: '-',
    fit: 0,
  };
  for (const [id, key] of Object.entries(actions)) byId(id).addEventListener('click', KEYS[key]);
  for (const button of document.querySelectorAll('.phases button'))
    button.addEventListener('click', () => goToPhase(button.dataset.phase));
  byId('theme').addEventListener('click', () =>
    setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'),
  );
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('select, summary')) return;
    if (event.key === ' ' && event.target.matches('button')) return;
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  drawBars();
  setTheme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  if (moments.length === 0)
    byId('details').replaceChildren('Nothing was recorded: no operation ran that wants a gradient.');
}

start();
