"""examples/nginx-gateway, where EMQX's API takes https alone."""

import pathlib
import shutil
import ssl
import subprocess
import tempfile

from gateway import STRATEGY, GatewayCase

# The lines of the example that are to be put in, and the certificates that they name.
TRUST = "# lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;"


class TlsCase(GatewayCase):
    # nginx compares the name in the URL, even if it is an address, with the names of hosts.
    NAME = "127.0.0.1"

    def tls(self):
        folder = tempfile.mkdtemp(prefix="gateway-tls-")
        self.addCleanup(shutil.rmtree, folder)
        certificate, key = pathlib.Path(folder) / "certificate.pem", pathlib.Path(folder) / "key.pem"
        command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-days", "1"]
        command += ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=emqx"]
        command += ["-addext", f"subjectAltName=DNS:{self.NAME}", "-out", certificate, "-keyout", key]
        subprocess.run(command, check=True, capture_output=True)
        # nginx's workers are another user.
        pathlib.Path(folder).chmod(0o755)
        self.CHANGES = self.changes(certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def changes(self, certificate):
        return [(TRUST, f"lua_ssl_trusted_certificate {certificate};")]

    def check_refused(self):
        """That nothing was asked, and that the error tells of the certificate."""
        status, answer = self.ask("POST", "plan", STRATEGY)
        self.assertEqual((status, answer["error"]["kind"]), (502, "unreachable"))
        self.assertIn("certificate", answer["error"]["message"] + str(answer["error"]["context"]))
        self.assertEqual(self.recorder.seen, [])


class Trusted(TlsCase):
    def test_a_certificate_that_is_trusted_lets_a_rebalance_through(self):
        self.start()
        self.check_once_and_done(self.verdict())


class Unknown(TlsCase):
    def changes(self, certificate):
        return []

    def test_a_certificate_that_nobody_trusts_is_refused(self):
        self.check_refused()


class OfAnother(TlsCase):
    NAME = "emqx.example"

    def test_a_certificate_of_another_name_is_refused(self):
        self.check_refused()
