import type { StaffMember } from '../../domain/staff.ts';
import type { View } from '../pages/layout.tsx';
import { StaffLayout } from './staff-layout.tsx';

type HomeProps = { readonly view: View; readonly staff: StaffMember; readonly csrfToken: string };

/** Where staff begin: what they may do. */
export function HomePage({ view, staff, csrfToken }: HomeProps) {
  const title = view.speech.language === 'id' ? 'Meja kerja' : 'Desk';
  return (
    <StaffLayout view={view} staff={staff} title={title} csrfToken={csrfToken}>
      <h1>{title}</h1>
    </StaffLayout>
  );
}
