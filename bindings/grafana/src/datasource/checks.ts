/** What is wrong with the URL of EMQX's API; nothing while it is empty, which a field shows by itself. */
export function urlProblem(text: string | undefined): string | undefined {
  if (!text) {
    return undefined;
  }
  const url = parsed(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return 'Give a URL that begins with http:// or https://';
  }
  if (url.username || url.password) {
    return 'Leave the key and its secret out of the URL: browsers get to see it';
  }
  if (/\/api(\/v\d)?$/.test(url.pathname)) {
    return 'Leave /api/v5 out: the requests bring it';
  }
  return url.search || url.hash ? 'Leave out what follows the path' : undefined;
}

/** What is wrong with a certificate in PEM; nothing while there is none. */
export function certificateProblem(pem: string): string | undefined {
  if (pem.trim() === '') {
    return undefined;
  }
  if (pem.includes('PRIVATE KEY')) {
    return 'This is a private key: give the certificate of the authority, which is public';
  }
  const isWhole = /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(pem);
  return isWhole ? undefined : 'Give the certificate in PEM, from its line BEGIN CERTIFICATE to END CERTIFICATE';
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
