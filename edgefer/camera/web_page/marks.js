// Marks of the session that is being recorded: a row of words over the drawing that they belong to.

import { element, svg } from "./stream.js";

const LETTER = 6.6, ROOM = 10; // pixels of a letter, and beside a word
const LONGEST = 28; // letters

// marks: {time, text}, oldest first; share(time): place in the drawing, 0..1. A word stands right or left of its line; where
// two do not fit the newer one stands.
export function drawMarks(marks, share) {
  const row = element("marks");
  row.toggleAttribute("hidden", marks.length === 0);
  const width = row.clientWidth, drawn = [];
  let free = width; // pixels up to which no word stands yet
  for (const { time, text } of [...marks].reverse()) {
    const at = share(time) * width, word = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
    const wide = word.length * LETTER + ROOM, left = [at, at - wide].find((x) => x >= 0 && x + wide <= free);
    drawn.push(svg("line", { class: "mark", x1: at, x2: at, y1: 15, y2: 20 }));
    free = Math.min(free, left ?? at, at);
    if (left === undefined) continue;
    drawn.push(svg("text", { x: left + ROOM / 2, y: 11 }, word));
  }
  row.replaceChildren(...drawn);
}

export function describeMarks(marks, now) {
  const told = marks.map(({ time, text }) => `${text}, ${Math.max(0, Math.round(now - time))} s ago`);
  element("marks").setAttribute("aria-label", `Marks: ${told.join("; ")}`);
}
