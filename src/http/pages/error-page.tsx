import { Layout, type View } from './layout.tsx';

type ErrorPageProps = { readonly view: View; readonly title: string; readonly detail: string };

export function ErrorPage({ view, title, detail }: ErrorPageProps) {
  return (
    <Layout view={view} title={title}>
      <h1>{title}</h1>
      <p class="lead">{detail}</p>
      <a class="button" href="/">
        {view.speech.words.site.home}
      </a>
    </Layout>
  );
}
