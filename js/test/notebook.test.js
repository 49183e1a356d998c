import assert from "node:assert/strict";
import test from "node:test";
import { heard } from "../src/hosts/notebook.js";

class Widget {
  said = [];
  asked = [];
  comm = { on_msg: (handle) => (this.take = handle), send: (data) => this.asked.push(data.method) };
  async _handle_comm_msg({ content }) {
    if (content.data.method === "custom") this.said.push(content.data.content);
  }
}
class Gated extends Widget {
  gate = Promise.reject(new Error("Failed to initialize model."));
  constructor() {
    super();
    this.gate.catch(() => {});
    this.comm.on_msg((msg) => this._handle_comm_msg(msg));
  }
  async _handle_comm_msg(msg) {
    await this.gate;
    return super._handle_comm_msg(msg);
  }
}
class Open extends Gated {
  gate = Promise.resolve();
}
const message = { content: { data: { method: "custom", content: "row" } } };

test("a widget whose host gave up on it hears the kernel, and asks for what it has missed", async () => {
  const own = new Gated();
  await assert.rejects(own.take(message));
  await heard(own);
  await own.take(message);
  assert.deepEqual([own.said, own.asked], [["row"], ["request_state"]]);
});

test("one that hears is left as it is", async () => {
  const own = new Open();
  await heard(own);
  await own.take(message);
  assert.deepEqual([own.said, own.asked, Object.hasOwn(own, "_handle_comm_msg")], [["row"], [], false]);
});
