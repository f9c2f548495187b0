// The sentences of the routes in frameworks/: `detail` of a problem, or the message of a mistake in the app.

/** `detail` of a problem; the texts that the daemons share are in daemon-texts.ts. */
export const frameworkTexts = {
  contentType: 'Content-Type must be application/json or another type that ends in +json.',
  contentEncoding: 'Content-Encoding must be identity or gzip.',
  acceptEncoding: 'Accept-Encoding must allow {coding} or identity.',
  acceptEncodingIdentity: 'Accept-Encoding must allow identity.',
} as const

/** Messages of `options.invalid` and `contract.unknown`, for the developer of the app. */
export const misuseTexts = {
  source: 'Expected a processor or a host',
  otherContract: 'The processor serves the contract "{own}", not "{wanted}".',
  otherContent: 'The processor serves another contract of the name "{own}": their ids differ.',
  nameOfHost: 'Expected `contract` to be a contract: a host does not know one by its name',
  bodyRead: 'The body was read before `receive`: no other body parser may be in front of it',
  codedText: 'The compressed body arrives as text, which cannot hold its bytes: its stream must give Buffers',
  noBytes: 'The body has a piece that is neither bytes nor text',
  lostBytes: 'The body is decoded as {encoding}, which loses bytes: its stream must give Buffers or UTF-8',
  noOutcome: 'Expected an accepted outcome, or its `body` and `codec`: `respond` stands behind `receive` or a store',
  dictionary:
    'The body is compressed with a dictionary, which no client has: `respond` needs the `canonical` bytes beside it',
  twoSources: 'Expected `processor` or `host`, not both',
  sourceAndOptions: 'Expected no {names} with `processor` or `host`: these options open a host of its own',
  bodyless: 'Expected `contract` on a route of POST, PUT or PATCH, got {method}',
} as const
