/** A refusal as X words it: problem details (RFC 7807), with more of its own where the documentation says so. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(String(body['detail'] ?? body['title']));
    this.status = status;
    this.body = body;
  }
}

const typeOf = (name: string) => `https://api.twitter.com/2/problems/${name}`;

/** Something is wrong with one parameter. */
export const invalidRequest = (parameter: string, value: string | null, message: string): Problem =>
  new Problem(400, {
    errors: [{ parameters: { [parameter]: value === null ? [] : [value] }, message }],
    title: 'Invalid Request',
    detail: 'One or more parameters to your request was invalid.',
    type: typeOf('invalid-request'),
  });

export const unauthorized = (): Problem =>
  new Problem(401, { title: 'Unauthorized', type: 'about:blank', status: 401, detail: 'Unauthorized' });

export const forbidden = (detail: string): Problem =>
  new Problem(403, { detail, type: 'about:blank', title: 'Forbidden', status: 403 });

export const unsupportedAuthentication = (given: string, supported: string): Problem =>
  new Problem(403, {
    title: 'Unsupported Authentication',
    detail: `Authenticating with ${given} is forbidden for this endpoint.  Supported authentication types are [${supported}].`,
    type: typeOf('unsupported-authentication'),
    status: 403,
  });

export const notThere = (): Problem =>
  new Problem(404, { title: 'Not Found', type: 'about:blank', status: 404, detail: 'Not Found' });

export const tooManyRequests = (): Problem =>
  new Problem(429, {
    title: 'Too Many Requests',
    detail: 'Too Many Requests',
    type: 'about:blank',
    status: 429,
  });

export const creditsDepleted = (): Problem =>
  new Problem(402, {
    title: 'CreditsDepleted',
    detail: 'Your enrolled account does not have any credits to fulfill this request.',
    type: typeOf('credits'),
  });

export const tooManyConnections = (): Problem =>
  new Problem(429, {
    title: 'ConnectionException',
    detail: 'This stream is currently at the maximum allowed connection limit.',
    connection_issue: 'TooManyConnections',
    type: typeOf('streaming-connection'),
  });

export const noRules = (): Problem =>
  new Problem(409, {
    title: 'ConnectionException',
    detail: 'Your client must have rules before it can connect to this stream.',
    connection_issue: 'RuleConfigurationIssue',
    type: typeOf('rule-configuration-issue'),
  });

/** What stands in `errors` beside the `data` that was found. */
export const missing = (resource: 'tweet' | 'user', parameter: string, value: string) => ({
  value,
  detail: `Could not find ${resource} with ${parameter}: [${value}].`,
  title: 'Not Found Error',
  resource_type: resource,
  parameter,
  resource_id: value,
  type: typeOf('resource-not-found'),
});

export const duplicateRule = (id: string, value: string) => ({
  value,
  id,
  title: 'DuplicateRule',
  type: typeOf('duplicate-rules'),
});

export const invalidRule = (value: string, details: string) => ({
  value,
  details: [details],
  title: 'UnprocessableEntity',
  type: typeOf('invalid-rules'),
});

/** Told over a stream, before it ends. */
export const operationalDisconnect = () => ({
  title: 'operational-disconnect',
  disconnect_type: 'OperationalDisconnect',
  detail: 'This stream has been disconnected for operational reasons.',
  type: typeOf('operational-disconnect'),
});
