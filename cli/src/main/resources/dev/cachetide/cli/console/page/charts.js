// Live line charts, drawn by hand. A gap in a line is a time at which the number was not known.
import { get } from './api.js';
import { NONE, bytes, count, h, rate, s, seconds } from './dom.js';

const WIDTH = 560;
const HEIGHT = 190;
const LEFT = 58;
const BOTTOM = 24;
const TOP = 10;
// minutes; the time that is shown grows with what is known, up to all that is kept
const SPANS = [1, 2, 5, 15];

/** Names of series by a prefix, without it. */
const named = (prefix) => (names) => names.filter((name) => name.startsWith(prefix)).map((name) => [name, name.slice(prefix.length)]);
const fixed = (...pairs) => () => pairs;

const CHARTS = [
  { title: 'Records that wait', help: 'by partition, the longest lines', format: count, lines: named('records:'), whole: true },
  { title: 'Oldest record that waits', help: 'by group', format: seconds, lines: named('seconds:') },
  { title: 'Commit to cache', help: 'of the changes of the last minute', format: seconds, lines: fixed(['evicted.p50', 'p50'], ['evicted.p95', 'p95'], ['evicted.p99', 'p99']) },
  { title: 'Canary', help: 'commit to Redis of the heartbeats of the last minute, and the age of the youngest', format: seconds, lines: fixed(['canary.p50', 'p50'], ['canary.p99', 'p99'], ['canary.age', 'age']) },
  { title: 'Throughput', help: 'records a second', format: rate, lines: (names) => [...named('published:')(names).map(([name, group]) => [name, `published for ${group}`]), ...named('finished:')(names).map(([name, group]) => [name, `finished by ${group}`])] },
  { title: 'Replication slot', help: 'WAL behind and WAL retained', format: bytes, lines: fixed(['slot.lag', 'lag'], ['slot.retained', 'retained']), binary: true },
];

/** The next of 1, 2, 5 times a power of ten (or of two, for bytes). */
function ceiling(value, binary, whole) {
  if (!(value > 0)) return 1;
  if (binary) return 2 ** Math.ceil(Math.log2(value));
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 5, 10].find((each) => each * power >= value) * power;
  return whole ? Math.max(4, step) : step;
}

function paths(points, name, x, y) {
  let path = '';
  let last = null;
  for (const point of points) {
    const value = point.values[name];
    if (value === undefined) { last = null; continue; }
    const near = last !== null && point.at - last < 10000;
    path += `${near ? 'L' : 'M'}${x(point.at).toFixed(1)} ${y(value).toFixed(1)}`;
    if (!near) path += 'h0.01';
    last = point.at;
  }
  return path;
}

function axes(top, format, from, to, x, y) {
  const parts = [];
  for (let i = 0; i <= 4; i += 2) {
    const value = (top * i) / 4;
    parts.push(s('path', { d: `M${LEFT} ${y(value)}H${WIDTH - 6}`, class: 'grid' }));
    parts.push(s('text', { x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end', class: 'tick' }, format(value)));
  }
  const minutes = (to - from) / 60000;
  for (let i = 0; i <= 2; i++) {
    const minute = (minutes * i) / 2;
    parts.push(s('text', { x: x(to - minute * 60000), y: HEIGHT - 6, 'text-anchor': ['end', 'middle', 'start'][i], class: 'tick' },
      i === 0 ? 'now' : minute < 1 ? `−${minute * 60} s` : `−${minute} min`));
  }
  return parts;
}

function draw(chart, points, to) {
  const known = points.length ? (to - points[0].at) / 60000 : 0;
  const minutes = SPANS.find((span) => span >= known) || SPANS[SPANS.length - 1];
  const from = to - minutes * 60000;
  const names = [...new Set(points.flatMap((point) => Object.keys(point.values)))].sort();
  const last = points.length ? points[points.length - 1].values : {};
  const lines = chart.lines(names)
    .filter(([name]) => names.includes(name))
    .sort(([a], [b]) => (chart.whole ? (last[b] || 0) - (last[a] || 0) : 0))
    .slice(0, 8);
  const all = lines.flatMap(([name]) => points.map((point) => point.values[name]).filter((value) => value !== undefined));
  const top = ceiling(Math.max(0, ...all), chart.binary, chart.whole);
  const x = (at) => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - 6);
  const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const legend = h('ul', { class: 'legend' }, lines.map(([name, label], i) =>
    h('li', { class: `line-${i}` },
      s('svg', { viewBox: '0 0 22 8', width: 22, height: 8, 'aria-hidden': 'true' }, s('path', { d: 'M1 4H21', class: 'line' })),
      h('span', null, label), h('span', { class: 'latest' }, last[name] === undefined ? NONE : chart.format(last[name])))));
  const cursor = s('path', { class: 'cursor' });
  const svg = s('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', role: 'img',
    'aria-label': `${chart.title}, ${chart.help}, of the last ${minutes} min. ` + (lines.map(([name, label]) =>
      `${label}: ${last[name] === undefined ? 'not known' : chart.format(last[name])}`).join(', ') || 'Nothing is known yet.') },
  axes(top, chart.format, from, to, x, y),
  lines.map(([name], i) => s('path', { d: paths(points, name, x, y), class: `line line-${i}`, 'data-series': name })), cursor,
  lines.length ? null : s('text', { x: (LEFT + WIDTH) / 2, y: HEIGHT / 2, 'text-anchor': 'middle', class: 'tick' }, 'nothing is known yet'));
  hover(svg, cursor, legend, chart, lines, points, x, last);
  return [svg, legend];
}

/** Under the pointer the legend shows the numbers of that moment. */
function hover(svg, cursor, legend, chart, lines, points, x, last) {
  const set = (values) => lines.forEach(([name], i) => {
    legend.children[i].lastChild.textContent = values[name] === undefined ? NONE : chart.format(values[name]);
  });
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    const near = points.reduce((best, point) => (best === null || Math.abs(x(point.at) - at) < Math.abs(x(best.at) - at) ? point : best), null);
    if (near) {
      cursor.setAttribute('d', `M${x(near.at)} ${TOP}V${HEIGHT - BOTTOM}`);
      set(near.values);
    }
  });
  svg.addEventListener('pointerleave', () => {
    cursor.removeAttribute('d');
    set(last);
  });
}

export function charts() {
  let points = [];
  const cards = CHARTS.map((chart) => {
    const body = h('div', null);
    const card = h('section', { class: 'card chart-card' }, h('h2', null, chart.title), h('p', { class: 'quiet small' }, chart.help), body);
    return { chart, body, card };
  });
  return {
    element: h('div', { class: 'grid' }, cards.map((each) => each.card)),
    async update() {
      const after = points.length ? points[points.length - 1].at : 0;
      const found = await get(`api/series?after=${after}`);
      points = [...points, ...found.points.filter((point) => point.at > after)].filter((point) => point.at > Date.now() - found.keptSeconds * 1000);
      const to = points.length ? points[points.length - 1].at : Date.now();
      cards.forEach(({ chart, body }) => {
        if (!body.matches(':hover') || !body.childElementCount) body.replaceChildren(...draw(chart, points, to));
      });
    },
  };
}
