import type { StaffMember } from '../../domain/staff.ts';
import type { View } from '../pages/layout.tsx';
import type { StaffSection } from './sections.ts';
import { StaffLayout } from './staff-layout.tsx';
import { staffWords } from './words.ts';

type HomeProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly agencyName: string;
  readonly sections: readonly (StaffSection & { readonly waiting: number | null })[];
};

/** Where staff begin: what they may do, and how much of it waits. */
export function HomePage({ view, staff, csrfToken, agencyName, sections }: HomeProps) {
  const { language } = view.speech;
  const words = staffWords[language];
  return (
    <StaffLayout view={view} staff={staff} title={words.layout.home} csrfToken={csrfToken}>
      <h1>{words.layout.home}</h1>
      <p class="lead">{`${staff.name}, ${words.role[staff.role]}, ${agencyName}`}</p>
      <ul class="sections">
        {sections.map(({ href, words: own, waiting }) => (
          <li class="card">
            <h2>
              <a href={href}>{own[language].title}</a>
              {waiting !== null && waiting > 0 && <span class="badge">{waiting}</span>}
            </h2>
            <p>{own[language].hint}</p>
          </li>
        ))}
      </ul>
    </StaffLayout>
  );
}
