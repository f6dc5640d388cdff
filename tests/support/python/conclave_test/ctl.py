"""conclavectl of one signed-in person, as a shell would run it."""

import json
import subprocess

from .installation import PASSWORD, program


class Ctl:
    """Signs `account` in; its device lives in the folder `home`, which is made."""

    def __init__(self, installation, home, account, *always):
        self.home = home
        self.always = always  # options of every call
        home.parent.mkdir(parents=True, exist_ok=True)
        password = home.with_name(home.name + ".password")
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        self.run("sign-in", account, "--state", str(installation.state), "--password-file",
                 str(password))

    def run(self, *arguments, check=True):
        done = subprocess.run(
            [program("conclavectl"), "--home", str(self.home), *self.always, *arguments],
            capture_output=True, text=True, timeout=60, input="", check=False)
        if check:
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def json(self, *arguments):
        return json.loads(self.run("--json", *arguments).stdout)
