// The newest picture: the next one is asked for when this one is shown, so a slow browser gets fewer, never older ones.

import { element } from "./stream.js";

const AGAIN = 1000; // milliseconds after an answer without a picture

// Shows pictures while wanted() says so; look() must be called when its answer may have changed.
export function pictures(wanted) {
  const image = element("picture");
  let number = 0, shown = "", wake = null, over = false;
  document.addEventListener("over", () => { over = true; });
  const look = () => { wake?.(); wake = null; };
  const sleep = (time) => new Promise((done) => { wake = done; if (time) setTimeout(done, time); });

  async function show(reply) {
    number = Number(reply.headers.get("Picture-Number"));
    const next = URL.createObjectURL(await reply.blob());
    image.src = next;
    await image.decode().catch(() => {});
    if (shown) URL.revokeObjectURL(shown);
    shown = next;
    image.hidden = false;
    element("no-picture").hidden = true;
  }

  (async () => {
    while (!over) {
      if (document.hidden || !wanted()) { await sleep(0); continue; }
      try {
        const reply = await fetch(`picture.jpg?after=${number}`);
        if (reply.status === 200) await show(reply);
        else if (reply.status !== 204) await sleep(AGAIN);
      } catch {
        await sleep(AGAIN); // the events tell that the connection is lost
      }
    }
  })();
  document.addEventListener("visibilitychange", look);
  return look;
}
