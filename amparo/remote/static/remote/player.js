// Plays a recording in noVNC: chunks of the screen, fed at the speed that is asked for. It runs in our pages and, without a server,
// in the page of an exported case file; so it is a plain script, and what it needs is given to it.
(function () {
  const SHOWN = 1, HAPPENED = 2;
  const IDLE = 2000, IDLE_LEFT = 300;
  const text = new TextDecoder();

  class Channel {
    #waiting = [];
    #told = null;
    constructor() { Object.assign(this, { binaryType: "arraybuffer", protocol: "", readyState: "open", onopen: null, onerror: null, onclose: null }); }
    get onmessage() { return this.#told; }
    set onmessage(told) { this.#told = told; for (const data of this.#waiting.splice(0)) told({ data }); }
    take(data) { if (this.#told) this.#told({ data }); else this.#waiting.push(data); }
    send() {}
    close() { this.readyState = "closed"; setTimeout(() => this.onclose?.({ code: 1000, reason: "", wasClean: true })); }
  }

  function* frames(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 9 <= bytes.length;) {
      const length = view.getUint32(at + 5);
      yield { ms: view.getUint32(at), kind: bytes[at + 4], data: bytes.subarray(at + 9, at + 9 + length) };
      at += 9 + length;
    }
  }

  /** `box` holds the marks of the page; `load(n)` gives the bytes of chunk n; `rows` is the line of time, `words` what is said. */
  globalThis.AmparoPlayer = class {
    constructor(box, { RFB, load, chunks, length, rows, words }) {
      Object.assign(this, { box, RFB, load, chunks, length, rows, words, hand: 0, turn: 0, filling: null });
      const find = (name) => box.querySelector(`[data-player-${name}]`);
      this.parts = Object.fromEntries(["screen", "play", "seek", "time", "speed", "skip", "line"].map((name) => [name, find(name)]));
      this.playing = false;
      this.parts.play.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
      this.parts.seek.addEventListener("change", () => this.seek(Number(this.parts.seek.value)));
      this.drawLine();
      this.rewind();
      this.step = this.step.bind(this);
      this.open();
    }

    /** Show the first picture, so that one sees what will be played. */
    async open() {
      let seen = false;
      await this.feed((frame) => {
        if (seen) return false;
        seen = frame.kind === SHOWN && frame.data.length > 1000;
        return true;
      });
    }

    rewind() {
      this.turn += 1;
      this.chunk = 0;
      this.queue = [];
      this.filling = null;
      this.now = 0;
      this.done = false;
      this.drop();
      this.show();
    }

    drop() {
      try { this.rfb?.disconnect(); } catch { /* it never came so far */ }
      this.rfb = this.channel = null;
      this.parts.screen.replaceChildren();
    }

    segment() {
      this.drop();
      this.channel = new Channel();
      this.rfb = new this.RFB(this.parts.screen, this.channel, { shared: true });
      this.rfb.viewOnly = true;
      this.rfb.scaleViewport = true;
      this.rfb.background = "transparent";
    }

    /** The frame that is to be given next; whoever asks while a chunk is on its way waits for that very chunk. */
    async next() {
      while (!this.queue.length && this.chunk < this.chunks) await (this.filling ??= this.fill(this.turn));
      return this.queue[0];
    }

    async fill(turn) {
      let found = [];
      try { found = [...frames(await this.load(this.chunk + 1))]; } catch { this.box.dataset.failed = this.words.failed; }
      if (turn !== this.turn) return; // one went back to the beginning meanwhile
      this.chunk += 1;
      this.queue = found;
      this.filling = null;
    }

    /** Give frames while `wanted` says so; false where another hand took over. There is one hand at a time, so each frame is given once. */
    async feed(wanted) {
      const hand = (this.hand += 1);
      for (let frame = await this.next(); ; frame = await this.next()) {
        if (hand !== this.hand) return false;
        if (!frame || !wanted(frame)) return true;
        this.give(frame);
      }
    }

    give(frame) {
      this.queue.shift();
      if (frame.kind === SHOWN) this.channel?.take(frame.data.slice().buffer);
      if (frame.kind === HAPPENED && JSON.parse(text.decode(frame.data)).what === "segment") this.segment();
    }

    play() {
      if (this.done) this.rewind();
      this.playing = true;
      this.last = performance.now();
      this.show();
      requestAnimationFrame(this.step);
    }

    pause() { this.playing = false; this.hand += 1; this.show(); }

    async step(at) {
      if (!this.playing) return;
      this.now += Math.max(0, at - this.last) * Number(this.parts.speed.value);
      this.last = at;
      let octets = 0;
      const mine = await this.feed((frame) => {
        if (!octets && this.parts.skip.checked && frame.ms - this.now > IDLE) this.now = frame.ms - IDLE_LEFT;
        const wanted = frame.ms <= this.now && octets < 4e6;
        octets += frame.data.length;
        return wanted;
      });
      if (!mine) return;
      if (!this.queue.length && this.chunk >= this.chunks) { this.done = true; this.playing = false; this.now = this.length; }
      this.show();
      if (this.playing) requestAnimationFrame(this.step);
    }

    async seek(ms) {
      const went = this.playing;
      this.playing = false;
      if (ms < this.now || this.done) this.rewind();
      if (!(await this.feed((frame) => frame.ms <= ms))) return;
      this.now = ms;
      this.show();
      if (went) this.play();
    }

    show() {
      const pad = (n) => String(n).padStart(2, "0");
      const clock = (ms) => `${Math.floor(ms / 60000)}:${pad(Math.floor(ms / 1000) % 60)}`;
      this.parts.seek.value = this.now;
      this.parts.time.textContent = `${clock(this.now)} / ${clock(this.length)}`;
      const label = this.parts.play.querySelector("span") || this.parts.play;
      label.textContent = this.playing ? this.words.pause : this.words.play;
      this.box.dataset.state = this.done ? "done" : this.playing ? "playing" : "still";
      for (const item of this.parts.line.children) item.toggleAttribute("aria-current", Number(item.dataset.ms) <= this.now && this.now - Number(item.dataset.ms) < 4000);
    }

    drawLine() {
      const pad = (n) => String(n).padStart(2, "0");
      for (const row of this.rows) {
        const item = document.createElement("li");
        const go = document.createElement("button");
        item.dataset.ms = row.ms;
        item.dataset.what = row.what;
        go.type = "button";
        go.textContent = `${Math.floor(row.ms / 60000)}:${pad(Math.floor(row.ms / 1000) % 60)}`;
        go.addEventListener("click", () => this.seek(row.ms));
        item.append(go, ` ${this.said(row)}`);
        this.parts.line.append(item);
      }
    }

    said(row) {
      const w = this.words;
      if (row.what === "typed") return `${w.typed}: ${row.text}`;
      if (row.what === "clicked") return `${w.clicked} ${row.text}`;
      if (row.what === "mode") return w[`mode_${row.mode}`];
      if (row.what === "segment") return `${w.segment} (${w[`mode_${row.mode}`]})`;
      if (row.what === "clipboard") return `${w[`clipboard_${row.by}`]}: ${row.characters} ${w.characters}`;
      if (row.what === "clipboard_text") return `${w.clipboard_text}: ${row.text}`;
      return w[row.what] || row.what;
    }
  };
})();
