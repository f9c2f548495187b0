// What names and texts look like: a discriminator, an id, a credential.

/** Names of members that say what an object is. */
const typeName = /^(?:[@$_]*(?:type|kind|object|class|event|op|operation|action|variant|tag)|__typename)$/i
const typeSuffix = /(?:[_-](?:type|kind|class|event|variant|action)|[a-z\d](?:Type|Kind|Class|Event|Variant|Action))$/

export const isTypeLike = (key: string): boolean => typeName.test(key) || typeSuffix.test(key)

const idName = /^(?:id|uid|guid|uuid|sha|arn|ssn|iban|hash|number|url|uri|href|email|login)$/i
const idSuffix =
  /(?:[_-](?:id|uid|sha|arn|key|hash|number|url|uri)|[a-z\d](?:Id|ID|Uid|Arn|Key|Hash|Number|Url|URL|Uri))s?$/

/** Names of members whose values identify one thing. */
export const isIdName = (key: string): boolean => idName.test(key) || idSuffix.test(key)

const secretName =
  /pass(?:word|wd|phrase|code)|secret|token|credential|signature|api[_-]?key|private|auth(?!or)|session|nonce|cookie|otp$|pin$/i
const personName =
  /^(?:name|full_?name|first_?name|last_?name|display_?name|user_?name|user|login|screen_?name|nick_?name|handle|title|code|label|key|value|text|description|branch|default_branch|ref|path|file|host|domain)$/i

/** Names of members whose values do not belong into a source file. */
export const isPrivateName = (key: string): boolean => secretName.test(key) || isIdName(key) || personName.test(key)

const code = /^[A-Za-z][A-Za-z\d]*(?:[_.:/+ -][A-Za-z\d]+)*$/
const hex = /^(?:[\da-f]{8,}|[\dA-F]{8,})$/

/** A word that a program chose, rather than a text, an id or a credential. */
export function isCodeWord(text: string): boolean {
  if (text.length > 48 || !code.test(text) || hex.test(text)) return false
  // Ids have digits within their letters, or many of them.
  return text
    .split(/[_.:/+ -]/)
    .every((part) => !/\d{4,}/.test(part) && !/\d[A-Za-z]+\d|[A-Za-z]\d+[A-Za-z]{3,}/.test(part))
}

/** Keys that are data: numbers, UUIDs, hashes, dates, paths, package names, host names. */
export function isDataKey(key: string): boolean {
  return (
    /^-?\d+(?:[.:]\d+)*$/.test(key) ||
    /^(?=.*\d)[\da-f]{16,}$/i.test(key) ||
    /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(key) ||
    /^\d{4}-\d\d(?:-\d\d|$)/.test(key) ||
    /^(?=.*[\p{L}\d])[^\s]*[@/][^\s]+$/u.test(key) ||
    /^[\w-]+(?:\.[\w-]+)+$/.test(key)
  )
}
