// Runs dist/edge.js in a realm that has nothing but what browsers and edge workers share. A process of its own, because
// modules in `node:vm` take a flag: node --experimental-vm-modules web-realm.mjs < cases.json > answers.json
import { text } from 'node:stream/consumers'
import { createRealm } from './realm.mjs'

const realm = createRealm()
const { createHost, createProcessor, parseContract } = await realm.import('dist/edge.js')

const host = await createHost()
const codeOf = (error) => ({ fault: error.code ?? String(error) })
const answers = []
for (const { lock, payload, digestKey } of JSON.parse(await text(process.stdin))) {
  const key = digestKey === undefined ? {} : { digestKey: realm.Uint8Array.from(Buffer.from(digestKey, 'base64')) }
  try {
    const processor = host.processor(parseContract(JSON.stringify(lock)), key)
    const outcome = await processor.process(new Uint8Array(Buffer.from(payload, 'base64')), { canonical: true })
    const { value: _value, body, canonical, ...rest } = outcome
    answers.push(outcome.ok ? { ...rest, body: base64(body), canonical: base64(canonical) } : outcome)
  } catch (error) {
    answers.push(codeOf(error))
  }
}
const contract = parseContract(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'a', schema: {} }))
const refused = {}
for (const options of [{ placement: 'pool' }, { engine: 'native' }, { jsCompressor: 'zlib' }]) {
  refused[Object.keys(options)[0]] = await createProcessor(contract, options).then(() => undefined, codeOf)
}

console.log(JSON.stringify({ answers, refused, files: realm.files() }))

function base64(bytes) {
  return Buffer.from(bytes).toString('base64')
}
