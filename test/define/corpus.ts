// Schemas as they stand in apps: sign-up forms, queries, settings, webhooks, environment variables, model replies.

import * as z from 'zod'

const id = z.string().uuid()
const optionalText = z.string().trim().max(160).optional().or(z.literal(''))
const money = z.object({ amount: z.number().int().nonnegative(), currency: z.string().length(3).default('EUR') })
const address = z.object({
  line1: z.string().min(1),
  line2: z.string().optional(),
  city: z.string().min(1),
  postalCode: z.string().regex(/^[0-9A-Z -]{3,10}$/),
  country: z.string().length(2),
})
const page = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})
const role = z.enum(['owner', 'admin', 'member', 'viewer'])
const emptyIsNothing = (value: unknown): unknown =>
  typeof value === 'string' && value.trim() === '' ? undefined : value
const password = z.string().min(8).max(128).regex(/[a-z]/).regex(/[A-Z]/).regex(/[0-9]/)

interface Comment {
  text: string
  replies?: Comment[] | undefined
}
const comment: z.ZodType<Comment> = z.object({
  text: z.string().min(1),
  replies: z.lazy(() => z.array(comment)).optional(),
})

/** Become contracts as they are. */
export const asTheyAre: Readonly<Record<string, z.ZodType>> = {
  signUp: z.object({
    email: z.string().trim().toLowerCase().email().max(254),
    password,
    invite: z.string().trim().min(1).max(32).optional(),
  }),
  signIn: z.object({ email: z.email(), password: z.string().min(1), remember: z.boolean().default(false) }),
  contactForm: z.object({
    name: z.string().trim().min(2).max(80),
    email: z.string().email(),
    message: z.string().trim().min(10).max(2000),
  }),
  newsletter: z.object({
    email: z.string().trim().toLowerCase().email().max(200),
    topics: z.array(z.enum(['news', 'offers'])).default([]),
  }),
  profile: z.object({
    name: z.string().min(2).max(80),
    avatar: z.string().url().optional().or(z.literal('')),
    bio: z.string().max(500).nullish(),
  }),
  customer: z.object({
    name: z.string().trim().min(2),
    phone: optionalText,
    company: optionalText,
    email: z.union([z.string().trim().toLowerCase().email(), z.literal('')]).optional(),
  }),
  address,
  shipment: z.object({ from: address, to: address, weight: z.number().positive(), fragile: z.boolean().optional() }),
  pagination: page,
  search: page.extend({ q: z.string().trim().min(1).max(200), sort: z.enum(['asc', 'desc']).default('desc') }),
  productFilter: z.object({
    minPrice: z.coerce.number().min(0).optional(),
    maxPrice: z.coerce.number().min(0).optional(),
    inStock: z.coerce.boolean().optional(),
  }),
  product: z.object({
    sku: z.string().min(1),
    title: z.string().trim().min(1),
    price: money,
    tags: z.array(z.string()).default([]),
    images: z.array(z.string().url()).max(20).optional(),
  }),
  variant: z.object({
    size: z.string().optional(),
    colour: z.string().optional(),
    stock: z.coerce.number().min(0),
    images: z.array(z.url()).optional(),
  }),
  cart: z.object({
    items: z.array(z.object({ productId: id, quantity: z.number().int().min(1).max(99) })).min(1),
    coupon: z.string().toUpperCase().optional(),
  }),
  order: z.object({
    id,
    lines: z.array(z.object({ sku: z.string(), qty: z.number().int().positive(), unit: money })),
    shipping: address,
    billing: address.nullable(),
  }),
  payment: z.discriminatedUnion('method', [
    z.object({ method: z.literal('card'), last4: z.string().regex(/^\d{4}$/), brand: z.enum(['visa', 'amex']) }),
    z.object({ method: z.literal('sepa'), iban: z.string().min(15).max(34) }),
    z.object({ method: z.literal('invoice'), dueDays: z.number().int().default(14) }),
  ]),
  webhook: z.object({
    id: z.string(),
    type: z.string(),
    created: z.number().int(),
    data: z.object({ object: z.record(z.string(), z.unknown()) }),
    livemode: z.boolean(),
  }),
  githubPush: z
    .object({
      ref: z.string(),
      commits: z.array(
        z.object({ id: z.string(), message: z.string(), author: z.object({ name: z.string(), email: z.string() }) }),
      ),
    })
    .passthrough(),
  environment: z.object({
    NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
    PORT: z.coerce.number().int().positive().default(3000),
    DATABASE_URL: z.string().url(),
    DEBUG: z.coerce.boolean().default(false),
  }),
  redis: z.object({
    host: z.string().default('localhost'),
    port: z.coerce.number().default(6379),
    tls: z.union([z.enum(['require', 'prefer']), z.boolean()]).default(false),
  }),
  featureFlags: z.record(z.string(), z.union([z.boolean(), z.string(), z.number()])),
  settings: z.object({
    theme: z.enum(['light', 'dark', 'system']).default('system'),
    locale: z.string().default('en'),
    notifications: z.object({ email: z.boolean().default(true), push: z.boolean().default(false) }).prefault({}),
  }),
  nestedDefault: z.object({
    editor: z
      .object({ tabSize: z.number().int().default(2), wrap: z.boolean().default(true) })
      .default({ tabSize: 2, wrap: true }),
  }),
  locales: z.object({ title: z.partialRecord(z.enum(['en', 'de', 'fr']), z.string()) }),
  quota: z.record(z.enum(['reads', 'writes']), z.number().int().default(0)),
  invitation: z.object({
    email: z.string().toLowerCase().pipe(z.email()),
    role: role.default('member'),
    teams: z.array(id).optional(),
  }),
  membership: z.object({
    userId: id,
    role,
    joinedAt: z.string().datetime(),
    leftAt: z.string().datetime().nullable().default(null),
  }),
  event: z.object({
    title: z.string().min(1),
    startsAt: z.iso.datetime({ offset: true }),
    endsAt: z.iso.datetime({ offset: true }).optional(),
    allDay: z.boolean().default(false),
  }),
  booking: z.object({
    date: z.string().date(),
    time: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    guests: z.coerce.number().min(1).max(20),
    notes: z.string().max(500).optional(),
  }),
  geo: z.object({
    type: z.literal('Point'),
    coordinates: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]),
  }),
  geoFeature: z.object({
    type: z.literal('Feature'),
    geometry: z.union([
      z.object({ type: z.literal('Point'), coordinates: z.array(z.number()) }),
      z.object({ type: z.literal('LineString'), coordinates: z.array(z.array(z.number())) }),
    ]),
    properties: z.record(z.string(), z.any()).nullable(),
  }),
  article: z.object({
    title: z.string().trim().min(5).max(120),
    slug: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
    body: z.string(),
    publishedAt: z.string().datetime().nullish(),
    status: z.enum(['draft', 'published']).default('draft'),
  }),
  comment,
  blocks: z.object({
    blocks: z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('text'), text: z.string() }),
        z.object({ type: z.literal('image'), url: z.url(), alt: z.string().default('') }),
        z.object({ type: z.literal('list'), ordered: z.boolean().optional(), items: z.array(z.string()) }),
      ]),
    ),
  }),
  chatMessage: z.object({
    role: z.enum(['system', 'user', 'assistant']),
    content: z.union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))]),
    name: z.string().optional(),
  }),
  chatRequest: z.object({
    model: z.string(),
    messages: z.array(z.object({ role: z.string(), content: z.string() })).min(1),
    temperature: z.number().min(0).max(2).default(1),
    stream: z.boolean().optional(),
    stop: z.union([z.string(), z.array(z.string()).max(4)]).optional(),
  }),
  modelReply: z.object({
    summary: z.string(),
    confidence: z.number().min(0).max(1),
    labels: z.array(z.string()).max(5),
    sources: z.array(z.object({ url: z.string(), quote: z.string().nullable() })).default([]),
  }),
  toolCall: z.object({
    name: z.string(),
    arguments: z.record(z.string(), z.unknown()).default({}),
    id: z.string().optional(),
  }),
  jsonRpc: z.object({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.string(), z.number(), z.null()]).optional(),
    method: z.string(),
    params: z.union([z.array(z.any()), z.record(z.string(), z.any())]).optional(),
  }),
  jsonRpcReply: z.union([
    z.object({ id: z.number(), result: z.unknown() }),
    z.object({ id: z.number(), error: z.object({ code: z.number().int(), message: z.string() }) }),
  ]),
  apiResult: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), data: z.object({ id: z.string() }) }),
    z.object({ ok: z.literal(false), error: z.string() }),
  ]),
  errorBody: z.object({
    error: z.object({ code: z.string(), message: z.string(), details: z.array(z.string()).optional() }),
  }),
  session: z.object({ userId: id, expiresAt: z.number().int(), ip: z.union([z.ipv4(), z.ipv6()]).optional() }),
  device: z.object({ mac: z.mac(), ipv4: z.ipv4().optional(), ipv6: z.ipv6().optional(), seenAt: z.iso.datetime() }),
  metric: z.object({
    name: z.string().regex(/^[a-z_.]+$/),
    value: z.number(),
    tags: z.record(z.string(), z.string()).optional(),
    at: z.number().int().nonnegative(),
  }),
  logLine: z.looseObject({ level: z.enum(['debug', 'info', 'warn', 'error']), msg: z.string(), time: z.number() }),
  span: z.object({
    traceId: z.string().length(32),
    spanId: z.string().length(16),
    parent: z.string().length(16).nullable().default(null),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  }),
  task: z.object({
    title: z.string().trim().min(1),
    done: z.boolean().default(false),
    priority: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(2),
    due: z.string().date().nullable().optional(),
  }),
  taskPatch: z
    .object({ title: z.string().trim().min(1), done: z.boolean(), priority: z.number().int().min(1).max(3) })
    .partial(),
  kanban: z.object({
    columns: z.array(
      z.object({
        id: z.string(),
        name: z.string().min(1),
        cards: z.array(z.object({ id: z.string(), title: z.string() })).default([]),
      }),
    ),
  }),
  poll: z.object({
    question: z.string().trim().min(3),
    options: z.array(z.string().trim().min(1)).min(2).max(10),
    multiple: z.boolean().default(false),
  }),
  vote: z.object({ pollId: id, choices: z.array(z.number().int().nonnegative()).nonempty() }),
  recipe: z.object({
    name: z.string(),
    servings: z.number().int().positive().default(4),
    steps: z.array(z.string()).min(1),
    ingredients: z.array(
      z.object({
        name: z.string(),
        amount: z.number().positive().optional(),
        unit: z.enum(['g', 'ml', 'pcs']).optional(),
      }),
    ),
  }),
  invoice: z.object({
    number: z.string().regex(/^INV-\d{4,}$/),
    issued: z.string().date(),
    total: z.number().multipleOf(0.01),
    lines: z.array(
      z.object({ text: z.string(), net: z.number(), vat: z.union([z.literal(0), z.literal(7), z.literal(19)]) }),
    ),
  }),
  employee: z.object({
    fullName: z.string().min(3),
    email: z.string().email(),
    roleId: z.coerce.number().int().min(1),
    manager: z.string().nullable(),
  }),
  salary: z.object({
    gross: z.coerce.number().nonnegative(),
    currency: z.enum(['EUR', 'USD', 'CHF']),
    since: z.iso.date(),
  }),
  doctor: z.object({
    name: z.string().min(2),
    specialty: z.enum(['general', 'cardiology', 'paediatrics']),
    fee: z.coerce.number().positive(),
    languages: z.array(z.string()).optional(),
    online: z.boolean(),
  }),
  tournament: z.object({
    team: z.string().min(3),
    captain: z.string().min(3),
    phone: z.string().min(10),
    notes: z.string().optional(),
  }),
  grade: z.object({
    studentId: id,
    scores: z.object({
      reading: z.coerce.number().int().min(1).max(5),
      writing: z.coerce.number().int().min(1).max(5),
    }),
    note: z.string().trim().max(2000).optional(),
  }),
  course: z.object({
    code: z
      .string()
      .toUpperCase()
      .regex(/^[A-Z]{2}\d{3}$/),
    title: z.string().normalize().trim().min(1),
    credits: z.number().int().min(0).max(30),
  }),
  vehicle: z.object({
    vin: z.string().trim().toUpperCase().length(17),
    year: z.number().int().min(1900).max(2100),
    fuel: z.enum(['petrol', 'diesel', 'electric']),
    owners: z.number().int().default(1),
  }),
  listing: z.object({
    kind: z.enum(['sale', 'rent']),
    price: z.number().positive(),
    location: z.object({ lat: z.number(), lng: z.number() }).optional(),
    features: z.array(z.string()).default([]),
  }),
  playlist: z.object({
    name: z.string().trim().min(1).max(100),
    public: z.boolean().optional().default(true),
    tracks: z.array(z.object({ uri: z.string().startsWith('track:'), addedAt: z.string().datetime() })),
  }),
  theme: z.object({
    primary: z
      .string()
      .trim()
      .regex(/^#[0-9a-fA-F]{6}$/)
      .optional(),
    radius: z.number().min(0).max(32).default(8),
    font: z.string().optional().nullable(),
  }),
  upload: z.object({
    name: z.string().max(255),
    size: z.number().max(12 * 1024 * 1024),
    mime: z.enum(['image/png', 'image/jpeg']),
    checksum: z.hash('sha256').optional(),
  }),
  manifest: z.object({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/),
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    dependencies: z.record(z.string(), z.string()).default({}),
    private: z.boolean().optional(),
  }),
  ciJob: z.object({
    stage: z.string(),
    script: z.union([z.string(), z.array(z.string())]),
    only: z.array(z.string()).optional(),
    timeout: z.coerce.number().positive().optional(),
    env: z.record(z.string(), z.coerce.string()).optional(),
  }),
  cron: z.object({
    schedule: z.string().min(9),
    url: z.string().url(),
    method: z.enum(['GET', 'POST']).default('POST'),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  oauthToken: z.object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int(),
    scope: z.string().optional(),
    refresh_token: z.string().optional(),
  }),
  oauthClient: z.object({
    client_id: z.string().min(1),
    redirect_uris: z.array(z.url({ protocol: /^https$/ })).min(1),
    grant_types: z.array(z.enum(['authorization_code', 'refresh_token'])).default(['authorization_code']),
  }),
  link: z.object({ target: z.httpUrl(), title: z.string().trim().max(80).default('') }),
  feedItem: z.object({
    guid: z.string(),
    link: z.url(),
    enclosure: z.object({ url: z.url(), length: z.coerce.number().int().nonnegative() }).optional(),
  }),
  weather: z.object({
    temp: z.number(),
    wind: z.tuple([z.number(), z.number()]),
    alerts: z.array(z.object({ severity: z.enum(['minor', 'major']), text: z.string() })).nullish(),
  }),
  ticker: z.tuple([z.string(), z.number(), z.number().default(0)]),
  candle: z.tuple([z.number().int(), z.number(), z.number(), z.number(), z.number()]).rest(z.number()),
  matrix: z.object({ rows: z.array(z.array(z.number().finite())).max(50), labels: z.array(z.string()).optional() }),
  survey: z.object({
    answers: z.record(z.string().regex(/^q\d+$/), z.union([z.string().max(500), z.number(), z.array(z.string())])),
  }),
  filter: z.object({
    field: z.string(),
    op: z.enum(['eq', 'lt', 'gt', 'in']),
    value: z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]),
  }),
  merged: z.object({ id: z.string() }).merge(z.object({ createdAt: z.string(), updatedAt: z.string().optional() })),
  withMeta: z.object({ a: z.string() }).and(z.object({ b: z.number() })),
  picked: z
    .object({ id: z.string(), secret: z.string(), name: z.string().default('anonymous') })
    .pick({ id: true, name: true }),
  strictPatch: z
    .object({ op: z.enum(['add', 'remove', 'replace']), path: z.string().startsWith('/'), value: z.any().optional() })
    .strict(),
  branded: z.object({ id: z.string().brand<'OrderId'>(), at: z.number().readonly() }),
  catchall: z.object({ name: z.string() }).catchall(z.string().max(50)),
  coercedUnion: z.object({
    value: z.union([z.coerce.number(), z.array(z.string())]),
    nothing: z.coerce.number().nullable(),
  }),
  anyCase: z.object({
    id: z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}$/i),
    file: z.string().regex(/\.(?:png|jpe?g)$/i),
  }),
  storedDates: z.object({
    createdAt: z.union([z.date(), z.string().datetime()]),
    updatedAt: z.date().or(z.number().int()).optional(),
  }),
  maybeUndefined: z.object({
    nickname: z.union([z.undefined(), z.string().max(40)]),
    theme: z.union([z.enum(['light', 'dark']), z.undefined()]).optional(),
  }),
  provider: z.discriminatedUnion('provider', [
    z.object({ provider: z.literal('smtp'), host: z.string(), port: z.coerce.number().default(25) }),
    z.object({ provider: z.literal('none'), reason: z.string().optional() }),
    z.object({ provider: z.undefined() }),
  ]),
  listOrOne: z.object({
    tags: z
      .union([z.array(z.string().trim()), z.string().trim()])
      .optional()
      .default([]),
  }),
}

/** Become contracts with `appOnly`. */
interface Where {
  AND?: Where | Where[] | undefined
  OR?: Where[] | undefined
  email?: string | undefined
}
const decimal = z
  .union([z.number(), z.string(), z.object({ d: z.array(z.number()), e: z.number(), s: z.number() })])
  .refine((value) => typeof value === 'object' || !Number.isNaN(Number(value)))
/** As generators write the filter of a database table. */
const where: z.ZodType<Where> = z.object({
  AND: z.union([z.lazy(() => where), z.lazy(() => where).array()]).optional(),
  OR: z
    .lazy(() => where)
    .array()
    .optional(),
  email: z
    .string()
    .refine((text) => text.includes('@'))
    .optional(),
})

export const withAppOnly: Readonly<Record<string, z.ZodType>> = {
  findMany: z.object({ where, take: z.number().int().optional() }),
  amountFilter: z.object({ amount: z.union([z.strictObject({ equals: decimal.optional() }), decimal]).optional() }),
  passwordPair: z
    .object({ password, confirm: z.string() })
    .refine((form) => form.password === form.confirm, { path: ['confirm'] }),
  dateRange: z.object({ from: z.string().date(), to: z.string().date() }).superRefine((range, context) => {
    if (range.from > range.to) context.addIssue({ code: 'custom', message: 'order' })
  }),
  lowerBehind: z.object({
    email: z
      .string()
      .email()
      .transform((text) => text.toLowerCase()),
    name: z.string().min(2).trim(),
  }),
  queryList: z.object({
    ids: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.string().min(1))),
  }),
  numberText: z.object({
    price: z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.number().min(0)),
  }),
  emptyFields: z.object({
    slot: z.preprocess(emptyIsNothing, z.string().uuid().optional()),
    note: z.preprocess(emptyIsNothing, z.string().max(20).optional()),
  }),
  upload: z.object({ name: z.string(), file: z.custom<object>((value) => typeof value === 'object') }),
  flags: z.object({ debug: z.stringbool().default(false), level: z.enum(['a', 'b']) }),
  username: z.object({
    username: z
      .string()
      .min(3)
      .max(30)
      .regex(/^[a-z0-9_.]+$/)
      .refine((name) => !name.includes('..')),
  }),
  json: z.object({
    payload: z.string().transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'no JSON' })
        return z.NEVER
      }
    }),
  }),
  blank: z.object({
    size: z.coerce
      .number()
      .int()
      .positive()
      .optional()
      .or(z.literal('').transform(() => undefined)),
  }),
}

/** Stay refused: their refusals say what to write. */
export const refused: Readonly<Record<string, z.ZodType>> = {
  dates: z.object({ createdAt: z.coerce.date(), updatedAt: z.coerce.date().optional() }),
  fallback: z.object({ limit: z.coerce.number().int().catch(8) }),
  now: z.object({ at: z.string().default(() => new Date().toISOString()) }),
  boundedDate: z.object({ born: z.date().min(new Date('1900-01-01')).max(new Date('2024-01-01')) }),
  map: z.object({ scores: z.map(z.string(), z.number()) }),
}
