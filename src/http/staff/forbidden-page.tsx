import type { View } from '../pages/layout.tsx';
import { staffHome } from './paths.ts';
import { StaffDoorLayout } from './staff-door-layout.tsx';
import { staffWords } from './words.ts';

export function ForbiddenPage({ view }: { readonly view: View }) {
  const { forbidden, lost } = staffWords[view.speech.language];
  return (
    <StaffDoorLayout view={view} title={forbidden.title}>
      <h1>{forbidden.title}</h1>
      <p class="lead">{forbidden.detail}</p>
      <a class="button" href={staffHome}>
        {lost.back}
      </a>
    </StaffDoorLayout>
  );
}
