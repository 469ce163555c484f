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
  'letter_entered',
  'letter_receipt_opened',
  'mail_disclosed',
  'mail_filed',
  'message_retried',
  'notification_dropped',
  'notification_resent',
  'post_filed',
  'post_sought',
  'report_released',
  'report_retried',
  'reports_exported',
  'reports_released',
  'scan_read',
  'scan_uploaded',
  'staff_added',
  'staff_disabled',
  'staff_enabled',
  'staff_linked',
  'staff_password_change_asked',
  'staff_password_changed',
  'staff_reset',
  'staff_role_changed',
  'staff_sessions_ended',
  'staff_set_up',
  'staff_sign_in_failed',
  'staff_signed_in',
  'staff_signed_out',
] as const;

export type AuditAction = (typeof auditActions)[number];
