// The pipeline as a picture: beside each other where there is room, below each other where not.
import { s } from './dom.js';

const WIDE = {
  box: [1120, 372],
  nodes: {
    postgres: [0, 40, 176, 300], ingest: [232, 40, 184, 132], kafka: [472, 40, 176, 300],
    invalidate: [704, 40, 184, 132], redis: [944, 40, 176, 132],
    writeBehind: [232, 208, 184, 132], apps: [944, 208, 176, 132],
  },
  edges: [
    ['changes', 'M178 106H226', 204, 96, 'WAL'], ['changes', 'M418 106H466', 444, 96, 'events'],
    ['changes', 'M650 106H698', 676, 96, ''], ['changes', 'M890 106H938', 916, 96, 'evict'],
    ['writes', 'M942 274H654', 798, 264, 'write commands'], ['writes', 'M470 274H422', 446, 264, ''],
    ['writes', 'M230 274H182', 206, 264, 'rows'], ['reads', 'M1032 174V202', 0, 0, ''],
  ],
};

const STEP = 172;
const stack = (i) => [0, 28 + i * STEP, 344, 132];
const down = (i) => `M172 ${162 + i * STEP}V${194 + i * STEP}`;
const NARROW = {
  box: [344, 28 + 8 * STEP + 136],
  nodes: {
    postgres: stack(0), ingest: stack(1), kafkaChanges: stack(2), invalidate: stack(3), redis: stack(4),
    apps: stack(5), kafkaWrites: stack(6), writeBehind: stack(7), postgresWrites: stack(8),
  },
  edges: [
    ['changes', down(0), 0, 0, ''], ['changes', down(1), 0, 0, ''], ['changes', down(2), 0, 0, ''],
    ['changes', down(3), 0, 0, ''], ['reads', down(4), 0, 0, ''],
    ['writes', down(5), 0, 0, ''], ['writes', down(6), 0, 0, ''], ['writes', down(7), 0, 0, ''],
  ],
};

function node([x, y, width, height], content) {
  const lines = content.lines.slice(0, Math.floor((height - 60) / 20));
  return s('g', { class: 'node', 'data-level': content.level },
    s('rect', { x, y, width, height, rx: 10 }),
    s('circle', { cx: x + 18, cy: y + 22, r: 5, class: 'dot' }),
    s('text', { x: x + 31, y: y + 27, class: 'name' }, content.name),
    s('text', { x: x + 14, y: y + 48, class: 'state' }, content.state),
    lines.map(([label, value], i) => line(x, y + 72 + i * 20, width, label, value)));
}

function line(x, y, width, label, value) {
  if (value === undefined) return s('text', { x: x + 14, y, class: 'part' }, label);
  return s('g', null,
    s('text', { x: x + 14, y, class: 'label' }, label),
    s('text', { x: x + width - 14, y, class: 'value', 'text-anchor': 'end' }, value));
}

/** contents: by node, { name, state, level, lines }; moving: by flow, whether something flows. */
export function picture(contents, moving, narrow, summary) {
  const layout = narrow ? NARROW : WIDE;
  const [width, height] = layout.box;
  const edges = layout.edges.map(([flow, path, x, y, label]) =>
    s('g', { class: `edge ${flow}`, 'data-moving': String(Boolean(moving[flow])) },
      s('path', { d: path, 'marker-end': 'url(#arrow)' }),
      label ? s('text', { x, y, 'text-anchor': 'middle', class: 'on-edge' }, label) : null));
  return s('svg', { viewBox: `-2 -2 ${width + 4} ${height + 4}`, class: narrow ? 'picture narrow' : 'picture', role: 'img', 'aria-label': summary },
    s('defs', null,
      s('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
        s('path', { d: 'M0 0L8 4L0 8z', class: 'head' }))),
    heading(narrow ? 'From change to cache, from write to row' : 'Changes to the cache', narrow ? 14 : 22),
    narrow ? null : heading('Writes to the database', 364),
    edges,
    Object.entries(layout.nodes).map(([name, place]) => node(place, contents[name])));
}

const heading = (text, y) => s('text', { x: 0, y, class: 'flow' }, text);
