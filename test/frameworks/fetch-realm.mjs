// Runs `sidelane/fetch` with `sidelane/edge` in a realm without Node: node --experimental-vm-modules fetch-realm.mjs
import { gunzipSync, gzipSync } from 'node:zlib'
import { createRealm } from '../edge/realm.mjs'

const realm = createRealm({ Blob, DecompressionStream, Headers, ReadableStream, Request, Response, btoa, console })
const { createProcessor, parseContract } = await realm.import('dist/edge.js')
const { receive, respond } = await realm.import('dist/fetch.js')

const schema = { type: 'object', properties: { id: { type: 'integer', minimum: 1 } }, required: ['id'] }
const open = (codec) =>
  createProcessor(
    parseContract(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'a', schema, compress: { codec } })),
  )
const request = (body, headers) =>
  new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })

const results = {}
const processor = await open('gzip')
for (const [name, body, headers] of [
  ['coded', '{ "id": 7 }', { 'accept-encoding': 'gzip' }],
  ['plain', '{ "id": 7 }', {}],
  ['gzip', gzipSync('{ "id": 7 }'), { 'content-encoding': 'gzip' }],
  ['corrupt', '{ "id": 7 }', { 'content-encoding': 'gzip' }],
  ['bad', '{ "id": 0 }', {}],
  ['large', gzipSync(Buffer.alloc(2_000_000, 0x20)), { 'content-encoding': 'gzip' }],
]) {
  const sent = request(body, headers)
  const response = await respond(sent, await receive(processor, sent))
  const bytes = Buffer.from(await response.arrayBuffer())
  const text = (response.headers.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  results[name] = [response.status, response.status === 200 ? text : JSON.parse(text).code]
}
for (const codec of ['gzip', 'deflate', 'deflate-raw']) {
  const { body } = await (await open(codec)).process('{ "id": 7 }')
  results[`stored ${codec}`] = await (await respond(new Request('http://localhost/'), { body, codec })).text()
}
const unreadable = await respond(new Request('http://localhost/'), { body: new realm.Uint8Array(9), codec: 'brotli' })
results['stored brotli'] = unreadable.status

console.log(JSON.stringify({ results, files: realm.files() }))
