// Public GitHub events as returned by the API: seven kinds distinguished by `type`; repositories and issues accept
// other fields. The events are not part of the package (payloads/sets.ts reads them when SIDELANE_SUITES is set).

import * as z from 'zod'
import { child, rewrite, tidyName, type ContractSource, type Texts } from './texts.ts'

export const github: ContractSource = {
  name: 'github-event',
  schema,
  normalize(value) {
    const commits = child(child(value, 'payload'), 'commits')
    if (!Array.isArray(commits)) return
    for (const commit of commits as unknown[]) {
      const author = child(commit, 'author')
      rewrite(author, 'email', (text) => text.toLowerCase().trim())
      rewrite(author, 'name', tidyName)
    }
  },
}

function schema({ text }: Texts): z.ZodType {
  const url = z.string().startsWith('https://').max(500)
  const sha = z.string().regex(/^[0-9a-f]{40}$/)
  const at = z.iso.datetime({ offset: true })
  const actor = z.strictObject({
    gravatar_id: z.string().max(32),
    login: z.string().min(1).max(39),
    avatar_url: url,
    url,
    id: z.int().min(0),
  })
  const user = z.looseObject({
    login: z.string().min(1).max(39),
    id: z.int().min(0),
    type: z.enum(['User', 'Organization']),
  })
  const repository = z.looseObject({
    id: z.int().min(0),
    name: z.string().min(1).max(100),
    full_name: z.string().regex(/^[^/]+\/[^/]+$/),
    description: z.string().nullable(),
    homepage: z.string().nullable(),
    language: z.string().nullable(),
    private: z.boolean(),
    fork: z.boolean(),
    size: z.int().min(0),
    created_at: at,
    updated_at: at,
    pushed_at: at,
    owner: user,
  })
  const issue = z.looseObject({
    id: z.int().min(0),
    number: z.int().min(1),
    title: z.string().max(1000),
    body: z.string().nullable(),
    state: z.enum(['open', 'closed']),
    comments: z.int().min(0),
    user,
    assignee: user.nullable(),
    labels: z.array(z.looseObject({ name: z.string() })),
    created_at: at,
    updated_at: at,
    closed_at: at.nullable(),
  })
  const comment = z.looseObject({ id: z.int().min(0), body: z.string(), user, created_at: at, updated_at: at })
  const commit = z.strictObject({
    sha,
    url,
    message: z.string(),
    distinct: z.boolean(),
    author: z.strictObject({
      email: text(['trim', 'lower'], (base) => base.max(320)),
      name: text(['trim', 'nfc', 'collapse'], (base) => base.max(200)),
    }),
  })
  const page = z.strictObject({
    page_name: z.string(),
    title: z.string(),
    summary: z.string().nullable(),
    action: z.enum(['created', 'edited']),
    sha,
    html_url: url,
  })
  const event = (type: string, payload: z.ZodType): z.ZodObject =>
    z.strictObject({
      id: z.string().regex(/^\d+$/),
      type: z.literal(type),
      created_at: at,
      public: z.boolean(),
      actor,
      repo: z.strictObject({ id: z.int().min(0), name: z.string(), url }),
      org: actor.optional(),
      payload,
    })
  const push = z.strictObject({
    push_id: z.int().min(0),
    size: z.int().min(0),
    distinct_size: z.int().min(0),
    ref: z.string().startsWith('refs/'),
    head: sha,
    before: sha,
    commits: z.array(commit).max(20),
  })
  const created = z.strictObject({
    ref: z.string().nullable(),
    ref_type: z.enum(['repository', 'branch', 'tag']),
    master_branch: z.string(),
    description: z.string().nullable(),
  })
  return z.discriminatedUnion('type', [
    event('PushEvent', push),
    event('CreateEvent', created),
    event('ForkEvent', z.strictObject({ forkee: repository })),
    event('WatchEvent', z.strictObject({ action: z.literal('started') })),
    event('IssuesEvent', z.strictObject({ action: z.enum(['opened', 'closed', 'reopened']), issue })),
    event('IssueCommentEvent', z.strictObject({ action: z.literal('created'), issue, comment })),
    event('GollumEvent', z.strictObject({ pages: z.array(page) })),
  ])
}
