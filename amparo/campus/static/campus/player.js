// The player of a SCORM package, at the packages' own origin: gives it the API that it looks for, and tells the page
// around, by messages of exact origins, what is to be kept. Nothing else passes between the two.
"use strict";
(() => {
  const frame = document.getElementById("player");
  const portal = frame.dataset.portal;
  const is12 = frame.dataset.standard === "1.2";
  let api = null;
  let last = "";

  // Packages climb to the window that has the API, many past it: they come to an end here, not at the page of another origin.
  const outer = window.parent;
  window.parent = window;

  const say = (message) => outer.postMessage({ amparo: "scorm", ...message }, portal);

  // SCORM 1.2 allows 4,096 characters of suspend_data, 2004 64,000; real courses send more, and a text refused restarts them.
  const unlimited = (cmi) => {
    let kept = cmi.suspend_data || "";
    Object.defineProperty(cmi, "suspend_data", {
      configurable: true, enumerable: true,
      get: () => kept,
      set: (text) => { kept = String(text).slice(0, 500000); },
    });
  };

  const snapshot = () => {
    const cmi = JSON.parse(JSON.stringify(api.cmi));
    const total = typeof api.cmi.getCurrentTotalTime === "function" ? api.cmi.getCurrentTotalTime() : "";
    if (is12 && cmi.core) { cmi.core.total_time = total || cmi.core.total_time; delete cmi.core.session_time; }
    if (!is12) { cmi.total_time = total || cmi.total_time; delete cmi.session_time; }
    return cmi;
  };

  const send = () => {
    const cmi = snapshot();
    const text = JSON.stringify(cmi);
    if (text === last) return;
    last = text;
    say({ kind: "save", cmi });
  };

  const begin = ({ cmi, learner }) => {
    const settings = { autocommit: false, lmsCommitUrl: false, logLevel: 5 };
    api = is12 ? new window.Scorm12API(settings) : new window.Scorm2004API(settings);
    const resumes = cmi && Object.keys(cmi).length > 0;
    const state = resumes ? cmi : {};
    const suspended = state.suspend_data || "";
    delete state.suspend_data;
    if (is12) {
      state.core = { ...state.core, student_id: learner.id, student_name: learner.name, entry: resumes ? "resume" : "ab-initio", exit: undefined };
      api.loadFromJSON(state, "cmi");
    } else {
      api.loadFromJSON({ ...state, learner_id: learner.id, learner_name: learner.name, entry: resumes ? "resume" : "ab-initio", exit: undefined }, "cmi");
    }
    unlimited(api.cmi);
    api.cmi.suspend_data = suspended;
    for (const name of is12 ? ["LMSCommit", "LMSFinish"] : ["Commit", "Terminate"]) api.on(name, send);
    window.setInterval(() => { if (api) send(); }, 10000);
    if (is12) window.API = api; else window.API_1484_11 = api;
    frame.src = frame.dataset.entry;
  };

  window.addEventListener("message", (event) => {
    if (event.origin !== portal || event.source !== outer) return;
    const message = event.data;
    if (!message || message.amparo !== "scorm" || message.kind !== "state" || api) return;
    begin(message);
  });
  window.addEventListener("pagehide", () => { if (api) send(); });
  say({ kind: "ready" });
})();
