/** What the audit log is told: by whom, what, to what, and why. */
export type AuditEntry = {
  /** Who did it, as the machine knows them. */
  readonly actor: string;
  readonly action: AuditAction;
  /** What it was done to, its kind first: `agency:D32.73`, `report:…`. */
  readonly subject: string;
  /** In the words of whoever did it; null where nobody was asked. */
  readonly reason: string | null;
  /** Ids, names of hosts, counts. Rows are never deleted: no secret goes in here, and nothing that identifies a reporter. */
  readonly details: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
};

/** Everything that is audited. */
export const auditActions = [
  'agencies_imported',
  'attachment_released',
  'attachment_withdrawn',
  'endpoint_added',
  'endpoint_replaced',
  'endpoint_disabled',
  'identity_disclosed',
  'import_checked',
  'import_erased',
  'import_result_read',
  'import_started',
  'import_stopped',
  'import_uploaded',
  'key_forgotten',
  'keys_rotated',
  'message_retried',
  'notification_dropped',
  'notification_resent',
  'report_released',
  'report_retried',
  'reports_exported',
  'reports_released',
] as const;

export type AuditAction = (typeof auditActions)[number];
