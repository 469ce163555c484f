/**
 * Who may import whom, as rules: a part not listed under `may` may not be imported, npm packages likewise, so that each
 * library has one place where it is used. It reads what tsc wrote to dist, because no parser it has reads TypeScript 7
 * with JSX; imports of types alone are erased there and are free.
 */
const parts = [
  { from: '^dist/src/errors\\.js$', may: [] },
  { from: '^dist/src/crash-points\\.js$', may: [] },
  { from: '^dist/src/group-commit\\.js$', may: [] },
  { from: '^dist/src/package-root\\.js$', may: [] },
  {
    from: '^dist/src/password-hash\\.js$',
    may: ['^dist/src/domain/password', '^dist/src/errors'],
    packages: ['@node-rs/argon2'],
  },
  { from: '^dist/src/running-process\\.js$', may: [] },
  { from: '^dist/src/folder-lock\\.js$', may: ['^dist/src/errors', '^dist/src/running-process'] },
  {
    from: '^dist/src/spool/',
    may: ['^dist/src/spool/', '^dist/src/errors', '^dist/src/group-commit', '^dist/src/folder-lock'],
  },
  {
    from: '^dist/src/domain/',
    may: ['^dist/src/domain/', '^dist/src/errors'],
    packages: ['typebox', 'cdigit', 'libphonenumber-js'],
  },
  {
    from: '^dist/src/db/',
    may: ['^dist/src/db/', '^dist/src/domain/', '^dist/src/errors', '^dist/src/package-root'],
    packages: ['pg', 'node-pg-migrate'],
  },
  {
    from: '^dist/src/queue/',
    may: ['^dist/src/queue/', '^dist/src/errors'],
    packages: ['bullmq', 'ioredis', 'typebox'],
  },
  {
    from: '^dist/src/outbound/',
    may: ['^dist/src/outbound/', '^dist/src/domain/', '^dist/src/errors'],
    packages: ['undici', 'standardwebhooks', 'ipaddr.js'],
  },
  {
    from: '^dist/src/config(\\.js$|/)',
    may: [
      '^dist/src/config/',
      '^dist/src/crash-points',
      '^dist/src/errors',
      '^dist/channels/channel',
      '^dist/src/domain/mail-address',
      '^dist/src/domain/budget',
    ],
  },
  {
    from: '^dist/src/context\\.js$',
    may: [
      '^dist/src/config',
      '^dist/src/db/pool',
      '^dist/src/domain/',
      '^dist/src/queue/jobs',
      '^dist/src/outbound/',
      '^dist/channels/channel',
    ],
    packages: ['pino'],
  },
  {
    from: '^dist/src/accept\\.js$',
    may: [
      '^dist/src/context',
      '^dist/src/crash-points',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/errors',
      '^dist/src/group-commit',
      '^dist/src/inbox/',
    ],
  },
  {
    from: '^dist/src/sources\\.js$',
    may: [
      '^dist/src/context',
      '^dist/src/crash-points',
      '^dist/src/accept',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/errors',
      '^dist/src/metrics',
      '^dist/channels/channel',
    ],
  },
  {
    from: '^dist/src/add-information\\.js$',
    may: [
      '^dist/src/context',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/errors',
      '^dist/src/ids',
      '^dist/src/sealing/',
    ],
  },
  {
    from: '^dist/src/inbox/',
    may: [
      '^dist/src/inbox/',
      '^dist/src/context',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/sealing/',
      '^dist/src/spool/',
      '^dist/src/crash-points',
      '^dist/src/errors',
      '^dist/src/ids',
    ],
  },
  {
    from: '^dist/src/sealing/',
    may: ['^dist/src/sealing/', '^dist/src/config', '^dist/src/domain/', '^dist/src/errors'],
    packages: ['hpke'],
  },
  {
    from: '^dist/src/attachments/',
    may: [
      '^dist/src/attachments/',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/errors',
      '^dist/src/ids',
      '^dist/src/outbound/lanes',
      '^dist/src/spool/files',
    ],
    packages: ['sharp', 'file-type', 'pdf-lib', 'clamscan', 'aws4fetch'],
  },
  {
    from: '^dist/src/ocr/',
    may: ['^dist/src/ocr/', '^dist/src/domain/', '^dist/src/outbound/lanes'],
  },
  {
    from: '^dist/src/import/',
    may: [
      '^dist/src/import/',
      '^dist/src/attachments/zip',
      '^dist/src/context',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/errors',
      '^dist/src/ids',
    ],
    packages: ['csv-parse', 'csv-stringify', 'iconv-lite', 'read-excel-file', 'yauzl'],
  },
  {
    from: '^dist/src/simulated-x/',
    may: ['^dist/src/simulated-x/', '^dist/src/errors'],
  },
  {
    from: '^dist/src/spending\\.js$',
    may: ['^dist/src/context', '^dist/src/db/', '^dist/src/domain/'],
  },
  { from: '^dist/src/ids\\.js$', may: [], packages: ['uuid', 'nanoid'] },
  {
    from: '^dist/src/http/',
    may: [
      '^dist/src/http/',
      '^dist/src/package-root',
      '^dist/src/context',
      '^dist/src/accept',
      '^dist/src/add-information',
      '^dist/src/import/',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/password-hash',
      '^dist/src/queue/jobs',
      '^dist/src/errors',
      '^dist/channels/channel',
    ],
    packages: [
      'fastify',
      '@fastify/.*',
      'hono',
      'typebox',
      'prom-client',
      'intl-messageformat',
      '@picocss/pico',
      'nanoid',
      'altcha-lib',
      'qrcode',
      'otpauth',
      'openid-client',
    ],
  },
  {
    from: '^dist/channels/([^/]+)/',
    may: ['^dist/channels/$1/', '^dist/channels/channel', '^dist/src/domain/', '^dist/src/errors'],
    packages: [
      'typebox',
      'standardwebhooks',
      'uuid',
      'imapflow',
      'twitter-api-v2',
      'postal-mime',
      'nodemailer',
      'htmlparser2',
      'iconv-lite',
      '@kenjiuno/(msgreader|decompressrtf)',
    ],
  },
  { from: '^dist/channels/channel\\.js$', may: ['^dist/src/domain/'] },
  { from: '^dist/channels/index\\.js$', may: ['^dist/channels/', '^dist/src/config'] },
  {
    from: '^dist/workers/',
    may: [
      '^dist/workers/',
      '^dist/src/context',
      '^dist/src/inbox/(bundle|entry)',
      '^dist/src/sealing/',
      '^dist/src/crash-points',
      '^dist/src/accept',
      '^dist/src/db/',
      '^dist/src/domain/',
      '^dist/src/outbound/',
      '^dist/src/queue/jobs',
      '^dist/src/errors',
      '^dist/src/ids',
      '^dist/src/group-commit',
    ],
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
/** Files, and the libraries that they alone import, which no start of the gateway loads; and what is in a process of its own. */
const loadedWhenNeeded = [
  '^dist/src/http/app\\.js$',
  '^dist/workers/index\\.js$',
  '^dist/src/http/staff/sign-in/oidc(-route)?\\.js$',
  '^dist/channels/email/send/(transport|test-mail)\\.js$',
  '^dist/src/attachments/(document-process|tiff|pdf|pdf-photo)\\.js$',
  '^dist/src/outbound/(guarded-fetch|provider-call)\\.js$',
  'node_modules/(@node-rs/argon2|clamscan|file-type|imapflow|nodemailer|openid-client|pdf-lib|sharp|twitter-api-v2|undici)/',
];

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A circle means that neither file can be understood alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'not-to-dev-dependency',
      comment: 'What runs in production is installed in production.',
      severity: 'error',
      from: { path: '^dist/(src|channels|workers)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    ...parts.flatMap(({ from, may, packages = [] }) => [
      {
        name: `house: ${from}`,
        severity: 'error',
        from: { path: from },
        to: { path: '^dist/', pathNot: may },
      },
      {
        name: `packages: ${from}`,
        severity: 'error',
        from: { path: from },
        to: {
          path: 'node_modules',
          pathNot: packages.map((name) => `node_modules/(@types/)?${name}/`),
          dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        },
      },
    ]),
    {
      name: 'loaded-when-needed',
      comment:
        'A process is as large as what it loads at its start. What few need is imported where it is needed first; what only' +
        ' serves or only works, by that alone.',
      severity: 'error',
      from: { path: '^dist/(src|channels|workers)/', pathNot: ['^dist/src/cli/', ...loadedWhenNeeded] },
      to: { path: loadedWhenNeeded, dynamic: false },
    },
    {
      name: 'domain-is-pure',
      comment: 'Decisions do no I/O: given the same input they decide the same.',
      severity: 'error',
      from: { path: '^dist/src/domain/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
