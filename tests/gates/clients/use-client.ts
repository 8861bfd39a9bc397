// Uses every operation and entity tags through openapi-fetch, with the types generated from openapi.yaml.
// Usage: node use-client.js URL
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./registry.js";

declare const process: { argv: string[] };

type Customer = components["schemas"]["Customer"];
type Tag = operations["getCustomer"]["responses"][200]["headers"]["ETag"];

const client = createClient<paths>({
  baseUrl: process.argv[2],
  headers: { Authorization: "Bearer operator" },
});

function assert(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

/** Returns the content of an answer, after checking its status. */
function expect<T>(answer: { data?: T; error?: unknown; response: Response }, status: number): T {
  assert(answer.response.status === status && answer.data !== undefined, [answer.response.status, answer.error]);
  return answer.data;
}

function tagOf(answer: { response: Response }): Tag {
  const tag = answer.response.headers.get("ETag");
  assert(tag !== null, "no ETag");
  return tag;
}

const { result: catalogue } = expect(await client.GET("/permissions"), 200);

const created = await client.POST("/customers", {
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { username: "irma", permission_ids: catalogue.map((permission) => permission.id) },
});
const irma: Customer = expect(created, 201);
assert(irma.webhook_method === "POST" && irma.permission_ids.length === catalogue.length, irma);
const path = { id: irma.id };
const first = tagOf(created);

const unchanged = await client.GET("/customers/{id}", {
  params: { path, header: { "If-None-Match": `${first}, W/"9"` } },
});
assert(unchanged.response.status === 304, unchanged.error);

const patched = await client.PATCH("/customers/{id}", {
  params: { path, header: { "If-Match": first } },
  body: { name: "Irma Ltd", webhook_method: null },
});
assert(expect(patched, 200).name === "Irma Ltd", patched.data);
const stale = await client.PATCH("/customers/{id}", {
  params: { path, header: { "If-Match": first } },
  body: { name: "Irma again" },
});
assert(stale.error !== undefined && "code" in stale.error && stale.error.code === "precondition_failed", stale.error);
const put = await client.PUT("/customers/{id}", {
  params: { path, header: { "If-Match": "*" } },
  body: { webhook_method: "GET" },
});
assert(expect(put, 200).webhook_method === "GET", put.data);

const any = { params: { path } };
expect(await client.DELETE("/customers/{id}", any), 200);
const deleted = expect(await client.GET("/customers", { params: { query: { deleted: true, username: "irma" } } }), 200);
assert(deleted.result.length === 1, deleted);
const restored = expect(await client.POST("/customers/{id}/restore", any), 200);
const shown = expect(await client.GET("/customers/{id}", any), 200);
assert(restored.tm_delete === shown.tm_delete && shown.name === "Irma Ltd", shown);

let events: components["schemas"]["CustomerEvent"][] = [];
// An event appears shortly after its change.
for (let tries = 0; tries < 100 && events.length < 5; tries += 1) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  events = expect(await client.GET("/customers/{id}/events", any), 200).result;
}
const [newest] = events;
assert(newest?.type === "customer.restored" && newest.by?.kind === "operator", events);
assert(newest.data?.name === "Irma Ltd" && newest.delivery.state === "skipped", newest);
const redelivered = await client.POST("/customers/{id}/events/{event}/redeliver", {
  params: { path: { ...path, event: newest.id } },
});
assert(redelivered.error !== undefined && "code" in redelivered.error, redelivered.response.status);
assert(redelivered.error.code === "no_webhook_uri", redelivered.error);

const last = tagOf(await client.DELETE("/customers/{id}", any));
const erasure = await client.POST("/customers/{id}/erase", { params: { path, header: { "If-Match": last } } });
assert(expect(erasure, 200).id === irma.id, erasure.data);
const gone = await client.GET("/customers/{id}", any);
assert(gone.error !== undefined && "code" in gone.error && gone.error.code === "customer_erased", gone.error);
