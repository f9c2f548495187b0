// The interface as an OpenAPI document: /openapi.json. docs/daemon.md describes it in words.

import { errorTable } from '../../model/index.ts'
import { unreadyReasons } from '../../tables/daemon-texts.ts'

const schema = (name: string): object => ({ $ref: `#/components/schemas/${name}` })
const content = (type: string, of: object): object => ({ [type]: { schema: of } })
const response = (description: string, type: string, of: object): object => ({
  description,
  content: content(type, of),
})
const header = (type: string, description: string): object => ({ description, schema: { type } })

const problemResponse = response('What went wrong, by its code.', 'application/problem+json', schema('Problem'))

const contract = {
  type: 'object',
  required: ['name', 'id', 'codec', 'digest', 'maxBytes'],
  properties: {
    name: { type: 'string' },
    id: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    codec: { type: 'string' },
    digest: { type: 'string' },
    maxBytes: { type: 'integer' },
  },
}

const issue = {
  type: 'object',
  required: ['code', 'pointer'],
  properties: {
    code: { type: 'string' },
    pointer: { type: 'string', description: 'JSON pointer into the payload.' },
    keyword: { type: 'string' },
    params: {
      type: 'object',
      description: 'What the contract asks for; with limit.*, parse.* and number.* also where the payload is wrong.',
      properties: {
        offset: { type: 'integer', minimum: 0, description: 'In bytes.' },
        line: { type: 'integer', minimum: 1 },
        column: { type: 'integer', minimum: 1, description: 'In code points.' },
        limit: { type: ['number', 'string'] },
        expected: { type: ['array', 'string'] },
      },
    },
  },
}

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    detail: { type: 'string' },
    issues: { type: 'array', items: schema('Issue') },
    truncated: { type: 'boolean' },
  },
}

const ready = {
  type: 'object',
  required: ['ready', 'reasons'],
  properties: {
    ready: { type: 'boolean' },
    reasons: { type: 'array', items: { type: 'string', enum: unreadyReasons } },
  },
}

const processOperation = {
  operationId: 'process',
  summary: 'Normalizes, validates and compresses one payload',
  parameters: [
    {
      name: 'name',
      in: 'path',
      required: true,
      description: 'A contract by its name (the one loaded last under it), or name@id.',
      schema: { type: 'string' },
    },
    {
      name: 'Sidelane-Deadline-Ms',
      in: 'header',
      schema: { type: 'integer', minimum: 1, maximum: 60_000 },
    },
    { name: 'traceparent', in: 'header', description: 'W3C Trace Context.', schema: { type: 'string' } },
  ],
  requestBody: { required: true, content: content('application/json', {}) },
  responses: {
    200: {
      description: 'The compressed bytes.',
      headers: {
        'Sidelane-Codec': header('string', 'What the bytes are compressed with.'),
        'Sidelane-Digest': header('string', 'Of the canonical bytes, lower-case hex; absent without a digest.'),
        'Sidelane-Contract': header('string', 'The id of the contract.'),
        'Sidelane-In-Bytes': header('integer', 'Size of the payload.'),
        'Sidelane-Canonical-Bytes': header('integer', 'Size of the canonical form.'),
        'Sidelane-Out-Bytes': header('integer', 'Size of the compressed bytes.'),
        'Sidelane-Engine': header('string', 'native or js.'),
        'Sidelane-Queue-Us': header('integer', 'Microseconds that the payload waited.'),
        'Sidelane-Run-Us': header('integer', 'Microseconds that it took.'),
      },
      content: content('application/octet-stream', { type: 'string', format: 'binary' }),
    },
    default: problemResponse,
  },
}

const get = (operationId: string, summary: string, responses: object): object => ({
  get: { operationId, summary, responses: { ...responses, default: problemResponse } },
})

/** An OpenAPI 3.1 document. */
export const openApi = (version: string): object => ({
  openapi: '3.1.0',
  info: { title: 'sidelane', version },
  paths: {
    '/v1/contracts/{name}/process': { post: processOperation },
    '/v1/contracts': get('contracts', 'What is served', {
      200: response('Sorted by name, then id.', 'application/json', { type: 'array', items: schema('Contract') }),
    }),
    '/healthz': get('health', 'The process runs', {
      200: response('It runs.', 'application/json', { type: 'object', properties: { status: { const: 'ok' } } }),
    }),
    '/readyz': get('ready', 'Whether it should be sent requests', {
      200: response('Ready.', 'application/json', schema('Ready')),
      503: response('Not ready, and why.', 'application/json', schema('Ready')),
    }),
    '/metrics': get('metrics', 'Metrics as Prometheus text', {
      200: response('Prometheus text format 0.0.4.', 'text/plain', { type: 'string' }),
    }),
    '/openapi.json': get('openapi', 'This document', {
      200: response('OpenAPI 3.1.', 'application/json', { type: 'object' }),
    }),
  },
  components: { schemas: { Contract: contract, Issue: issue, Problem: problem, Ready: ready } },
})
