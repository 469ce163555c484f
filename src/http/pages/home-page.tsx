import { Layout, type View } from './layout.tsx';
import { TrackForm } from './track-form.tsx';

export function HomePage({ view }: { readonly view: View }) {
  const { home } = view.speech.words;
  const steps = [
    [home.step1, home.step1Text],
    [home.step2, home.step2Text],
    [home.step3, home.step3Text],
    [home.step4, home.step4Text],
  ];
  return (
    <Layout view={view} title={home.title}>
      <section class="hero">
        <h1>{home.title}</h1>
        <p class="lead">{home.lead}</p>
        <a class="button" href="/lapor">
          {home.start}
        </a>
        <p class="hint">{home.startHint}</p>
      </section>
      <section class="card">
        <h2>{home.trackTitle}</h2>
        <TrackForm label={home.trackLabel} submit={home.trackButton} />
      </section>
      <section>
        <h2>{home.stepsTitle}</h2>
        <ol class="steps">
          {steps.map(([name, text]) => (
            <li>
              <h3>{name}</h3>
              <p>{text}</p>
            </li>
          ))}
        </ol>
      </section>
      <section class="privacy">
        <h2>{home.privacyTitle}</h2>
        <ul>
          <li>{home.privacyAnonymous}</li>
          <li>{home.privacyConfidential}</li>
          <li>{home.privacyApart}</li>
        </ul>
      </section>
    </Layout>
  );
}
