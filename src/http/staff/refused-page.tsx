import type { View } from '../pages/layout.tsx';
import { staffHome } from './paths.ts';
import { StaffDoorLayout } from './staff-door-layout.tsx';
import { staffWords } from './words.ts';

/** Why somebody who is signed in sees nothing here, and the way back. */
export function RefusedPage({ view, why }: { readonly view: View; readonly why: 'forbidden' | 'notFound' }) {
  const { [why]: said, lost } = staffWords[view.speech.language];
  return (
    <StaffDoorLayout view={view} title={said.title}>
      <h1>{said.title}</h1>
      <p class="lead">{said.detail}</p>
      <a class="button" href={staffHome}>
        {lost.back}
      </a>
    </StaffDoorLayout>
  );
}
