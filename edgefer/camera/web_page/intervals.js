// The page of a run that tells nothing about single people: a column an interval, split by the emotions of all faces.

import { describeMarks, drawMarks } from "./marks.js";
import { announcer, colour, element, follow, legend, svg, toggle } from "./stream.js";

const COLUMNS = 48;
const GAP = 0.15; // of a column's width

const kept = [];
const announce = announcer();
let paused = false;

function take(interval) {
  kept.push(interval);
  if (kept.length > COLUMNS) kept.shift();
  draw();
}

function draw() {
  const newest = kept.at(-1);
  if (paused || !newest) return;
  const { start, frames, most, uncertain } = newest;
  element("start").textContent = start;
  element("frames").textContent = frames;
  element("most").textContent = most;
  element("uncertain").textContent = percent(uncertain);
  const drawing = element("columns"), words = describe(newest);
  drawing.replaceChildren(svg("rect", { class: "back", width: "100%", height: "100%" }), ...kept.flatMap(column));
  drawing.setAttribute("aria-label", words);
  const marks = kept.flatMap((interval) => interval.marks);
  drawMarks(marks, place);
  describeMarks(marks, start + newest.seconds);
  element("first").textContent = kept.length === COLUMNS ? `second ${kept[0].start}` : "";
  element("last").textContent = `second ${start} to ${end(newest)}`;
  announce(words);
}

// A mark stands at the column of its interval.
const place = (time) => (COLUMNS - kept.length + kept.findIndex(({ start, seconds }) => time < start + seconds)) / COLUMNS;

function column(interval, index) {
  const part = (number) => `${(number * 100).toFixed(3)}%`;
  const x = part((COLUMNS - kept.length + index) / COLUMNS), width = part((1 - GAP) / COLUMNS);
  let y = 1;
  return Object.entries({ ...interval.emotions, uncertain: interval.uncertain }).filter(([, share]) => share).map(([name, share]) => {
    y -= share;
    return svg("rect", { class: "share", x, y: part(Math.max(0, y)), width, height: part(share), fill: colour(name) });
  });
}

function describe(interval) {
  const { start, most, emotions, uncertain } = interval;
  const shares = Object.entries({ ...emotions, uncertain }).filter(([, share]) => share).sort((a, b) => b[1] - a[1]);
  const told = shares.map(([name, share]) => `${name} ${percent(share)}`).join(", ");
  return `second ${start} to ${end(interval)}: at most ${most} ${most === 1 ? "face" : "faces"} at once${told ? `; ${told}` : ""}`;
}

const end = ({ start, seconds }) => Number((start + seconds).toFixed(3));
const percent = (share) => `${Math.round(share * 100)} %`;

legend();
toggle("pause", (pressed) => { paused = pressed; draw(); });
follow(take);
