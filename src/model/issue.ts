// Issues as text. The texts may change; programs match on code, keyword and pointer.

import { jsonExpectations, type JsonExpectation } from '../tables/json-expectations.ts'
import { errorTable, type DataCode } from './errors.ts'
import type { Issue, IssueParams, Keyword, Primitive } from './outcome.ts'

const phrases: Readonly<Record<Keyword, (params: IssueParams) => string>> = {
  type: ({ expected }) => `must be of type ${formatExpected(expected)}`,
  const: ({ expected }) => `must be ${formatExpected(expected)}`,
  enum: ({ expected }) => `must be ${formatExpected(expected)}`,
  discriminator: ({ expected }) => `must be ${formatExpected(expected)}, to tell which branch applies`,
  union: () => 'must match one of the alternatives',
  minLength: ({ limit }) => `must have at least ${count(limit, 'character')}`,
  maxLength: ({ limit }) => `must have at most ${count(limit, 'character')}`,
  pattern: ({ limit }) => `must match the pattern ${limit}`,
  url: () => 'must be a URL that the contract allows',
  minimum: ({ limit }) => `must be at least ${limit}`,
  exclusiveMinimum: ({ limit }) => `must be more than ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${limit}`,
  multipleOf: ({ limit }) => `must be a multiple of ${limit}`,
  minItems: ({ limit }) => `must have at least ${count(limit, 'item')}`,
  maxItems: ({ limit }) => `must have at most ${count(limit, 'item')}`,
  required: () => 'is missing',
  additionalProperties: () => 'is not a known property',
  propertyNames: () => 'has a name that is not allowed',
}

/** True for the keywords that an issue can be about. */
export const isKeyword = (text: unknown): text is Keyword => typeof text === 'string' && Object.hasOwn(phrases, text)

/** True for the words that `expected` of `parse.syntax` can be. */
export const isExpectation = (value: unknown): value is JsonExpectation =>
  typeof value === 'string' && Object.hasOwn(jsonExpectations, value)

/** For the codes whose sentence says more than their message. */
const faults: Partial<Record<DataCode, (params: IssueParams) => string>> = {
  'limit.bytes': ({ offset, limit }) =>
    offset === undefined
      ? `The document made of the payload has more than ${count(limit, 'byte')}`
      : `The payload has more than ${count(limit, 'byte')}`,
  'limit.depth': ({ offset, limit }) =>
    offset === undefined
      ? `The document made of the payload has more than ${count(limit, 'level')}`
      : `The payload is nested deeper than ${count(limit, 'level')}`,
  'limit.keys': ({ limit }) => `The object has more than ${count(limit, 'key')}`,
  'parse.syntax': () => 'The payload is not valid JSON',
}

/**
 * One English sentence about an issue. Of the payload it contains only member names, in the pointer; with `app.failed` it
 * is the app's own message.
 */
export const describeIssue = (issue: Issue): string =>
  describeIssueAt(issue, (line, column) => `line ${line}, column ${column}`)

/** The same, with other words for a line and a column of the payload. */
export function describeIssueAt(issue: Issue, wordsOf: (line: number, column: number) => string): string {
  const { code, pointer, keyword, params = {}, message } = issue
  if (message !== undefined) return `At ${place(pointer)}: ${message}`
  if (keyword !== undefined) return `The value at ${place(pointer)} ${phrases[keyword](params)}.`
  const where = [
    ...(pointer === '' && params.offset !== undefined ? [] : [place(pointer)]),
    ...(params.line === undefined || params.column === undefined ? [] : [wordsOf(params.line, params.column)]),
  ]
  const fault = params.limit === undefined && code !== 'parse.syntax' ? undefined : faults[code]?.(params)
  const sentence = fault === undefined ? errorTable[code].message : `${fault}${expectation(params)}.`
  return where.length === 0 ? sentence : `At ${where.join(', ')}: ${sentence}`
}

const expectation = ({ expected }: IssueParams): string =>
  isExpectation(expected) ? `; expected ${jsonExpectations[expected]}` : ''

const place = (pointer: string): string => (pointer === '' ? 'the root' : pointer)

function formatExpected(expected: IssueParams['expected'] = []): string {
  const values: readonly Primitive[] = typeof expected === 'string' ? [expected] : expected
  const names = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

const count = (limit: IssueParams['limit'], noun: string): string => `${limit} ${noun}${limit === 1 ? '' : 's'}`
