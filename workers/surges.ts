import type { Context } from '../src/context.ts';
import type { UnfiledReport } from '../src/db/inbox.ts';
import type { Db } from '../src/db/pool.ts';
import { listAgenciesOf, lockPostsOfCases, recordSurges } from '../src/db/viral-cases.ts';
import type { AgencyCode, DeliveryId, ReportId } from '../src/domain/report.ts';
import { findSurge } from '../src/domain/surge.ts';
import { tellAgency } from './tell-agency.ts';

type FiledRoute = { readonly reportId: ReportId; readonly agency: AgencyCode };

/**
 * Marks the cases that become viral with these reports, which are filed in the same transaction; costs a batch without posts
 * nothing. The report that makes a case viral is handed over with the mark. Where that leaves out the agency that has the first
 * report of the case, because nothing about it goes there now, it is told apart. Returns what is to be delivered.
 */
export async function markSurges(
  { config, clock, log }: Pick<Context, 'config' | 'clock' | 'log'>,
  db: Db,
  reports: readonly Pick<UnfiledReport, 'id' | 'channel'>[],
  routes: readonly FiledRoute[],
  caseOf: (id: ReportId) => ReportId,
): Promise<readonly DeliveryId[]> {
  const threshold = config.twitter.viralPosts;
  const posts = reports.filter(({ channel }) => channel === 'twitter').map(({ id }) => id);
  if (threshold === 0 || posts.length === 0) return [];
  const surges = new Map(
    [...(await lockPostsOfCases(db, posts))].flatMap(([caseId, moments]) => {
      const surge = findSurge(moments, threshold);
      return surge === null ? [] : [[caseId, surge] as const];
    }),
  );
  if (surges.size === 0) return [];
  const marked = await recordSurges(db, surges);
  if (marked.length === 0) return [];
  log.info({ event: 'cases_viral', caseIds: marked });
  const hearing = new Set(routes.map(({ reportId, agency }) => `${caseOf(reportId)} ${agency}`));
  const unheard = [...(await listAgenciesOf(db, marked))]
    .filter(([caseId, agency]) => !hearing.has(`${caseId} ${agency}`))
    .map(([caseId]) => caseId);
  const deliveryIds: DeliveryId[] = [];
  for (const caseId of unheard) deliveryIds.push(...(await tellAgency(db, caseId, 'case_viral', clock())));
  return deliveryIds;
}
