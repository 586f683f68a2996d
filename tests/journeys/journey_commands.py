"""The command line itself: what does not exist is an error, whatever stands beside it."""

import subprocess
import unittest

from harness import PROGRAM


def command(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False)


class Commands(unittest.TestCase):
    def test_help_of_a_command_that_does_not_exist_is_an_error(self):
        for words in (("nonesuch", "--help"), ("--help", "nonesuch"), ("nonesuch", "-h"), ("nonesuch", "--version"), ("nonesuch",), ("account", "nosuch", "--help"),
                      ("samples", "nosuch", "--help"), ("", "--help", "nosuch")):
            done = command(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertRegex(done.stderr, 'there is no command "(nonesuch|nosuch)"')

    def test_what_was_meant_is_suggested(self):
        for typed, meant in (("verfy", "verify"), ("serv", "serve"), ("imprt", "import"), ("expalin", "explain")):
            self.assertIn(f"did you mean {meant}?", command(typed, "--help").stderr)
        listed = command("zzzzzzzzzz").stderr
        self.assertIn("there are serve, import", listed)
        self.assertNotIn("media-worker", listed)

    def test_help_of_what_exists_is_no_error(self):
        for words in (("--help",), ("--version",), ("serve", "--help"), ("account", "--help"), ("account", "create", "--help"), ("bench", "--help")):
            done = command(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertTrue(done.stdout)

    def test_wrong_words_are_an_error(self):
        for words in ((), ("verify",), ("verify", "--nosuch"), ("account",)):
            done = command(*words)
            self.assertEqual(done.returncode, 2, words)


if __name__ == "__main__":
    unittest.main()
