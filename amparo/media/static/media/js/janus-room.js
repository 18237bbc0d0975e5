// A room of sound and image at the gateway: one WebSocket, one handle that joins and publishes, one for each feed that is watched.
// `Room` comes back by itself when the line or the gateway goes away: it asks for new tokens and does again what it did.

const VIDEOROOM = "janus.plugin.videoroom";
const KEEPALIVE_MS = 20_000;
const ANSWER_MS = 10_000;
const PAUSES_MS = [200, 500, 1000, 1500, 2000];
const HANGUP_MS = 3000;
const WATCH_TRIES_MAX = 20;
const NO_SUCH_FEED = 428;
const BROKEN = {}; // what was sent last did not arrive, or nobody knows
export const SCREEN = "_screen";

const word = () => crypto.randomUUID().replaceAll("-", "").slice(0, 16);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export function address(url) {
  return url.startsWith("/") ? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${url}` : url;
}

export class Refused extends Error {
  constructor(code, reason) {
    super(reason || String(code));
    this.code = code; // 0: no answer came
  }
}

const unanswered = (problem) => problem instanceof Refused && !problem.code; // a browser's own problems have codes too, of another kind

// One WebSocket to the gateway with one session on it.
export class Gateway {
  constructor(access) {
    this.access = access; // {url, token, ice_servers}
    this.waiting = new Map();
    this.handles = new Map();
    this.closed = false;
    this.onclose = () => {};
  }

  async open() {
    this.socket = new WebSocket(address(this.access.url), "janus-protocol");
    await new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Refused(0, "timeout")), ANSWER_MS);
      this.socket.onopen = () => { clearTimeout(late); done(); };
      this.socket.onerror = () => { clearTimeout(late); fail(new Refused(0, "unreachable")); };
    });
    this.socket.onmessage = (event) => this.#heard(JSON.parse(event.data));
    this.socket.onclose = () => this.close();
    this.socket.onerror = () => {};
    const made = await this.ask({ janus: "create" });
    this.session = made.data.id;
    this.beat = setInterval(() => this.ask({ janus: "keepalive" }).catch(() => this.close()), KEEPALIVE_MS);
  }

  // Answers when the gateway has answered; a plugin's message counts as answered by its event, not by the mere "ack".
  ask(message) {
    if (this.closed || this.socket.readyState !== WebSocket.OPEN) return Promise.reject(new Refused(0, "closed"));
    const transaction = word();
    const whole = { ...message, transaction, token: this.access.token };
    if (this.session) whole.session_id = this.session;
    return new Promise((done, fail) => {
      const late = setTimeout(() => { this.waiting.delete(transaction); fail(new Refused(0, "timeout")); }, ANSWER_MS);
      this.waiting.set(transaction, { done, fail, late, patient: message.janus === "message" });
      this.socket.send(JSON.stringify(whole));
    });
  }

  #heard(message) {
    const asked = this.waiting.get(message.transaction);
    if (asked && message.janus === "ack" && asked.patient) return;
    if (asked) {
      this.waiting.delete(message.transaction);
      clearTimeout(asked.late);
      const data = message.plugindata?.data;
      if (message.janus === "error") asked.fail(new Refused(message.error.code, message.error.reason));
      else if (data?.error_code) asked.fail(new Refused(data.error_code, data.error));
      else asked.done(message);
      return;
    }
    if (message.janus === "timeout") return this.close();
    this.handles.get(message.sender)?.heard(message);
  }

  async attach(plugin, opaque, heard) {
    const made = await this.ask({ janus: "attach", plugin, opaque_id: opaque });
    const handle = new Handle(this, made.data.id, heard);
    this.handles.set(handle.id, handle);
    return handle;
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.beat);
    for (const { fail, late } of this.waiting.values()) { clearTimeout(late); fail(new Refused(0, "closed")); }
    this.waiting.clear();
    for (const handle of this.handles.values()) handle.shut();
    this.handles.clear();
    this.socket?.close();
    this.onclose();
  }
}

// One handle of a plugin, with its peer connection where it has one.
export class Handle {
  constructor(gateway, id, heard) {
    this.gateway = gateway;
    this.id = id;
    this.sent = null; // the tracks that the gateway has of us
    this.turn = Promise.resolve();
    this.ended = null; // who waits for the end of the connection
    this.cut = () => {}; // what is done where it ends unasked
    this.cuts = 0; // how often in a row
    this.heard = (message) => {
      if (message.janus === "hangup") (this.ended ?? this.cut)();
      heard(message.plugindata?.data ?? {}, message);
    };
  }

  // Fulfilled when the gateway has said that the connection is over, or says nothing of it.
  over() {
    return Promise.race([new Promise((done) => { this.ended = done; }), pause(HANGUP_MS)]);
  }

  message(body, jsep) {
    return this.gateway.ask({ janus: "message", handle_id: this.id, body, ...(jsep ? { jsep } : {}) });
  }

  connection() {
    const pc = new RTCPeerConnection({ iceServers: this.gateway.access.ice_servers ?? [] });
    this.pc = pc;
    pc.onicecandidate = ({ candidate }) => {
      const told = candidate ? candidate.toJSON() : { completed: true };
      this.gateway.ask({ janus: "trickle", handle_id: this.id, candidate: told }).catch(() => {});
    };
    return pc;
  }

  shut() {
    this.pc?.close();
    this.pc = null;
  }

  async detach() {
    this.shut();
    this.gateway.handles.delete(this.id);
    await this.gateway.ask({ janus: "detach", handle_id: this.id }).catch(() => {});
  }
}

// Events: "state" {state: connecting|inside|lost|out, reason}, "feed" {feed, participant, screen, stream}, "gone" {feed},
// "talking" {participant, on}, "muted" {on}, "ended" {kind} where a device went away while it was used.
export class Room extends EventTarget {
  constructor(access) {
    super();
    this.access = access; // async () => ({session: {url, token, ice_servers}, room: {room, participant, token, proof}})
    this.own = null; // {audio, video} as tracks
    this.screen = null;
    this.feeds = new Map();
    this.wanted = false;
    this.state = "out";
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #become(state, reason = "") {
    if (this.state === state) return;
    this.state = state;
    this.#tell("state", { state, reason });
  }

  async enter() {
    this.wanted = true;
    await this.#connect();
  }

  async leave(reason = "") {
    this.wanted = false;
    this.#drop();
    this.#become("out", reason);
  }

  // One at a time: whoever loses the line while it connects sees by himself that it is gone.
  async #connect() {
    if (this.connecting) return;
    this.connecting = true;
    try {
      for (let tries = 0; this.wanted; tries += 1) {
        this.#become("connecting");
        try {
          await this.#once();
          if (this.gateway || !this.wanted) return;
          throw new Refused(0, "closed");
        } catch (problem) {
          this.#drop();
          if (!this.wanted) return;
          if (problem.out) return void this.leave(problem.message);
          this.#become("lost", problem.message);
          await pause(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
        }
      }
    } finally {
      this.connecting = false;
    }
  }

  async #once() {
    const { session, room } = await this.access();
    if (!this.wanted) return; // he left while the door was asked
    this.#drop();
    const gateway = new Gateway(session);
    this.gateway = gateway;
    this.room = room;
    gateway.onclose = () => {
      if (this.gateway !== gateway) return;
      this.gateway = null;
      this.#forget();
      if (this.wanted && this.state === "inside") {
        this.#become("lost", "closed");
        this.#connect();
      }
    };
    await gateway.open();
    this.main = await gateway.attach(VIDEOROOM, room.proof, (data) => this.#told(data));
    const joined = await this.main.message({ request: "join", ptype: "publisher", room: room.room, id: room.participant, token: room.token });
    this.#become("inside");
    const jobs = (joined.plugindata.data.publishers ?? []).map((one) => this.#watch(one));
    jobs.push(this.#send(this.main, () => this.own));
    if (this.screen) jobs.push(this.#shareAgain());
    const late = (await Promise.allSettled(jobs)).find(({ reason }) => unanswered(reason)); // who is inside sends nothing
    if (late) throw late.reason;
  }

  #drop() {
    const gateway = this.gateway;
    this.gateway = null;
    gateway?.close();
    this.#forget();
  }

  #forget() {
    this.main = this.second = null;
    for (const feed of [...this.feeds.keys()]) this.#lose(feed);
  }

  #told(data) {
    if (data.videoroom === "talking" || data.videoroom === "stopped-talking") {
      this.#tell("talking", { participant: data.id, on: data.videoroom === "talking" });
    } else if (data.videoroom === "destroyed") {
      this.#again("destroyed");
    } else if (data.moderation) {
      this.#tell("muted", { on: data.moderation === "muted" });
    } else if (data.leaving === "ok" && data.reason === "kicked") {
      this.#again("kicked"); // whoever may come in again is let in again; else the answer says that he is out
    }
    for (const one of data.publishers ?? []) this.#watch(one);
    for (const name of ["unpublished", "leaving", "kicked"]) if (data[name] && data[name] !== "ok") this.#lose(data[name]);
  }

  async #again(reason) {
    if (!this.wanted) return;
    this.#drop();
    this.#become("lost", reason);
    await pause(300);
    await this.#connect();
  }

  // Asks for a feed until it comes, or another connection or a newer announcement of the same feed takes its place.
  async #watch(one, tries = 0) {
    const feed = one.id;
    if (this.feeds.has(feed) || !this.gateway || feed === `${this.room.participant}${SCREEN}`) return;
    const entry = {};
    this.feeds.set(feed, entry);
    const gateway = this.gateway;
    const current = () => this.feeds.get(feed) === entry;
    try {
      await this.#subscribe(one, entry, current);
    } catch (problem) {
      if (current()) this.#lose(feed);
      if (this.gateway !== gateway || tries >= WATCH_TRIES_MAX) return;
      if (problem.code !== NO_SUCH_FEED && problem.code !== 0) return; // announced before it could be watched, or no answer came
      await pause(300);
      if (this.gateway === gateway) this.#watch(one, tries + 1);
    }
  }

  async #subscribe(one, entry, current) {
    const { id: feed } = one;
    const handle = await this.gateway.attach(VIDEOROOM, this.room.proof, () => {});
    entry.handle = handle;
    if (!current()) return void handle.detach();
    const pc = handle.connection();
    entry.stream = new MediaStream();
    pc.ontrack = ({ track }) => { entry.stream.addTrack(track); if (current()) this.#shown(feed, entry); };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "failed" && current()) { this.#lose(feed); this.#watch(one); }
    };
    const offered = await handle.message({ request: "join", ptype: "subscriber", room: this.room.room, token: this.room.token, streams: [{ feed }] });
    if (!current()) return;
    await pc.setRemoteDescription(offered.jsep);
    await pc.setLocalDescription(await pc.createAnswer());
    await handle.message({ request: "start" }, pc.localDescription);
  }

  #shown(feed, entry) {
    const screen = feed.endsWith(SCREEN);
    this.#tell("feed", { feed, participant: screen ? feed.slice(0, -SCREEN.length) : feed, screen, stream: entry.stream });
  }

  #lose(feed) {
    const entry = this.feeds.get(feed);
    if (!entry) return;
    this.feeds.delete(feed);
    entry.handle?.detach();
    this.#tell("gone", { feed });
  }

  // Lets the gateway have what is wanted once it is its turn: one change after the other, for a connection that begins while the one
  // before it ends carries nothing. Of what was wanted meanwhile only the newest is sent.
  #send(handle, wanted) {
    const sent = handle.turn.then(() => this.#exchange(handle, wanted));
    handle.turn = sent.catch(() => {});
    return sent;
  }

  // Sends sound first and image second, so that a moderator can mute either by its place.
  async #exchange(handle, wanted) {
    const tracks = wanted();
    if (handle.sent === tracks) return;
    if (handle.sent) {
      const over = handle.over();
      const asked = await handle.message({ request: "unpublish" }).catch((problem) => { if (unanswered(problem)) throw problem; });
      if (asked) await over;
      handle.ended = null;
      handle.shut();
      handle.sent = null;
    }
    if (!tracks) return;
    if (handle.gateway.closed) throw new Refused(0, "closed");
    const pc = handle.connection();
    handle.sent = tracks;
    handle.cut = async () => {
      if (handle.pc !== pc) return;
      handle.sent = BROKEN;
      await pause(PAUSES_MS[Math.min(handle.cuts++, PAUSES_MS.length - 1)]);
      await this.#send(handle, wanted).catch(() => {});
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "failed") handle.cut();
      if (pc.connectionState === "connected") handle.cuts = 0;
    };
    try {
      for (const kind of ["audio", "video"]) if (tracks[kind]) pc.addTransceiver(tracks[kind], { direction: "sendonly" });
      await pc.setLocalDescription(await pc.createOffer());
      const answered = await handle.message({ request: "publish" }, pc.localDescription);
      await pc.setRemoteDescription(answered.jsep);
    } catch (problem) {
      handle.sent = BROKEN;
      throw problem;
    }
  }

  // Publishes what is given instead of what was: {audio, video}, each a track or nothing. Whoever gets no answer connects again.
  async publish(tracks) {
    this.own = tracks.audio || tracks.video ? tracks : null;
    for (const kind of ["audio", "video"]) this.#mind(tracks[kind], kind);
    const { main, own } = this;
    if (!main) return;
    try {
      await this.#send(main, () => this.own);
    } catch (problem) {
      if (problem instanceof Refused && problem.code) {
        if (this.own === own) this.own = null; // nor is it sent when the line comes back
        throw problem;
      }
      if (this.main === main) await this.#again("no answer");
    }
  }

  async unpublish() {
    await this.publish({});
  }

  #mind(track, kind) {
    if (!track || track.minded) return;
    track.minded = true;
    track.addEventListener("ended", () => this.#tell("ended", { kind }));
  }

  // Shows a screen as a second feed beside the camera.
  async share(track) {
    this.screen = track;
    this.#mind(track, "screen");
    if (this.main) await this.#shareAgain();
  }

  // Whoever ends it meanwhile shows nothing.
  async #shareAgain() {
    const { room, participant, token, proof } = this.room;
    const { screen } = this;
    const handle = await this.gateway.attach(VIDEOROOM, proof, (data) => {
      if (data.leaving === "ok" && data.reason === "kicked") this.unshare();
    });
    if (this.screen !== screen) return void handle.detach();
    this.second = handle;
    const tracks = { video: screen };
    try {
      await handle.message({ request: "join", ptype: "publisher", room, id: `${participant}${SCREEN}`, token });
      if (this.screen === screen) await this.#send(handle, () => tracks);
    } catch (problem) {
      if (this.screen === screen) throw problem;
    }
  }

  async unshare() {
    const [track, handle] = [this.screen, this.second];
    this.screen = this.second = null;
    track?.stop();
    await handle?.detach();
  }
}
