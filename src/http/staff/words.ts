/** What the pages around signing in say, in both languages; the parts of staff have words of their own. */
export const staffWords = {
  id: {
    layout: {
      menu: 'Menu petugas',
      home: 'Meja kerja',
      account: 'Sesi dan sandi',
      signOut: 'Keluar',
    },
    lost: {
      signedOut: 'Sesi Anda sudah berakhir',
      signedOutLead: 'Yang baru Anda kirim belum tersimpan, tetapi isinya tidak hilang: ada di halaman ini.',
      step1: 'Buka halaman masuk di tab baru, lalu masuk seperti biasa.',
      step2: 'Kembali ke tab ini dan tekan "Kirim lagi".',
      signIn: 'Masuk di tab baru',
      again: 'Kirim lagi',
      files:
        'Formulir dengan berkas tidak dapat disimpan di halaman ini: setelah masuk, tekan "kembali" pada peramban, lalu kirim lagi dari sana.',
      filesAgain:
        'Berkas yang Anda pilih tidak ikut di halaman ini: pilih lagi setelah menekan "Kirim lagi".',
      notOurs: 'Formulir ini tidak dapat diterima',
      notOursLead:
        'Formulir ini dibuka dalam sesi lain atau datang dari tempat lain, jadi tidak ada yang disimpan. Buka lagi halaman formulirnya, lalu kirim dari sana.',
      typed: 'Yang tadi Anda tulis, untuk disalin:',
      back: 'Ke meja kerja',
    },
    forbidden: {
      title: 'Bukan bagian Anda',
      detail:
        'Halaman atau tindakan ini untuk peran atau instansi lain. Bila Anda memerlukannya, hubungi admin Anda.',
    },
    notFound: {
      title: 'Tidak ditemukan',
      detail: 'Tidak ada apa-apa di alamat ini, atau itu milik instansi lain.',
    },
    role: { intake: 'Penerima', officer: 'Petugas', admin: 'Admin' },
  },
  en: {
    layout: {
      menu: 'Staff menu',
      home: 'Desk',
      account: 'Sessions and password',
      signOut: 'Sign out',
    },
    lost: {
      signedOut: 'Your session has ended',
      signedOutLead: 'What you have just sent was not stored, but it is not lost: it is in this page.',
      step1: 'Open the sign-in page in a new tab and sign in as usual.',
      step2: 'Come back to this tab and press "Send again".',
      signIn: 'Sign in in a new tab',
      again: 'Send again',
      files:
        'A form with files cannot be kept in this page: once you have signed in, press "back" in your browser and send it again from there.',
      filesAgain:
        'The files you chose are not kept in this page: choose them again after pressing "Send again".',
      notOurs: 'This form cannot be taken',
      notOursLead:
        'It was opened in another session or came from elsewhere, so nothing was stored. Open the page of the form again and send it from there.',
      typed: 'What you had written, to copy:',
      back: 'To the desk',
    },
    forbidden: {
      title: 'Not yours to do',
      detail: 'This page or action is for another role or agency. If you need it, ask your admin.',
    },
    notFound: {
      title: 'Not found',
      detail: 'There is nothing at this address, or it belongs to another agency.',
    },
    role: { intake: 'Intake', officer: 'Officer', admin: 'Admin' },
  },
} as const;
