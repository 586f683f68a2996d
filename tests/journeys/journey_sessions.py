"""Passwords, one-time codes, sessions and guests, through HTTP and the operator's command."""

import unittest

from harness import PASSWORD, Client, Server

WEB = {"X-Filoscope-Client": "web"}


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"accounts.sign_in_attempts_max": 4})

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def sign_in(self, handle, password=PASSWORD, **headers):
        answer = Client(self.server).call("POST", "/sessions", {"handle": handle, "password": password}, headers=headers)
        return Client(self.server, answer.json["token"]) if answer.status == 201 else answer

    def recover(self, handle, code, password="battery staple"):
        return Client(self.server).call("POST", "/sessions/recovery", {"handle": handle, "code": code, "password": password})

    def test_a_lost_password_is_replaced_by_one_of_her_codes(self):
        mara = Client(self.server).sign_up("mara")
        self.assertEqual(mara.get("/me")["recovery_codes_left"], 0)
        self.assertEqual(mara.call("POST", "/me/recovery-codes", {"password": "not this one"}).status, 401)
        codes = mara.call("POST", "/me/recovery-codes", {"password": PASSWORD}, expect=201).json["codes"]
        self.assertEqual(len(set(codes)), 10)
        self.assertEqual(self.recover("mara", codes[0], "short").status, 400)
        self.assertEqual(mara.get("/me")["recovery_codes_left"], 10, "a refused password uses nothing up")
        done = self.recover("Mara", codes[0].upper().replace("-", " "))
        self.assertEqual(done.status, 201, done)
        self.assertEqual(mara.call("GET", "/me").status, 401, "all sessions before have ended")
        again = Client(self.server, done.json["token"])
        self.assertEqual(again.get("/me")["recovery_codes_left"], 9)
        self.assertEqual(self.recover("mara", codes[0]).status, 401, "a code works once")
        self.assertEqual(self.sign_in("mara").status, 401)
        self.assertIsInstance(self.sign_in("mara", "battery staple"), Client)
        fresh = again.call("POST", "/me/recovery-codes", {"password": "battery staple"}, expect=201).json["codes"]
        self.assertEqual(self.recover("mara", codes[1]).status, 401, "a new set voids the old")
        self.assertEqual(self.recover("mara", fresh[1]).status, 201)

    def test_wrong_codes_and_unknown_people_sound_the_same_and_are_throttled(self):
        Client(self.server).sign_up("target")
        wrong, unknown = self.recover("target", "0000-0000-0000-0000"), self.recover("nobody.here", "0000-0000-0000-0000")
        self.assertEqual((wrong.status, unknown.status), (401, 401))
        self.assertEqual(wrong.json, unknown.json)
        statuses = [self.recover("target", f"0000-0000-0000-000{n}").status for n in range(5)]
        self.assertEqual(statuses[-1], 429)
        self.assertIsInstance(self.sign_in("target"), Client, "guessing codes does not lock her out")

    def test_the_operator_can_issue_a_code(self):
        tom = Client(self.server).sign_up("tom")
        self.server.stop()
        done = self.server.command("account", "recover", "TOM", "--data", str(self.server.folder))
        unknown = self.server.command("account", "recover", "nobody.here", "--data", str(self.server.folder), check=False)
        self.server.start()
        self.assertNotEqual(unknown.returncode, 0)
        code = done.stdout.strip()
        self.assertRegex(code, r"^[0-9a-z]{4}(-[0-9a-z]{4}){3}$")
        tom.connection = None
        self.assertEqual(tom.get("/me")["recovery_codes_left"], 0, "it is none of her own")
        self.assertEqual(self.recover("tom", code).status, 201)
        self.assertEqual(self.recover("tom", code).status, 401)

    def test_a_new_password_ends_the_other_sessions(self):
        here = Client(self.server).sign_up("changer")
        there = self.sign_in("changer")
        for body, status in (({"password": "wrong wrong", "new_password": "battery staple"}, 401), ({"password": PASSWORD, "new_password": "short"}, 400),
                             ({"password": PASSWORD, "new_password": "changer"}, 400), ({"new_password": "battery staple"}, 400)):
            self.assertEqual(here.call("PUT", "/me/password", body).status, status, body)
        self.assertEqual(there.call("GET", "/me").status, 200)
        here.call("PUT", "/me/password", {"password": PASSWORD, "new_password": "battery staple"}, expect=204)
        self.assertEqual(here.call("GET", "/me").status, 200)
        self.assertEqual(there.call("GET", "/me").status, 401)
        self.assertEqual(self.sign_in("changer").status, 401)
        self.assertIsInstance(self.sign_in("changer", "battery staple"), Client)

    def test_sessions_are_listed_and_ended_by_their_owner_alone(self):
        first = Client(self.server).sign_up("lister")
        second = self.sign_in("lister", **{"User-Agent": "Pocket/1.0 <b>"})
        items = first.get("/me/sessions")["items"]
        self.assertEqual([(item["current"]) for item in items].count(True), 1)
        other = [item for item in items if not item["current"]][0]
        self.assertEqual(other["client"], "Pocket/1.0 <b>")
        self.assertNotIn(second.token, str(items))
        stranger = Client(self.server).sign_up("stranger")
        self.assertEqual(stranger.call("DELETE", f"/me/sessions/{other['id']}").status, 404)
        first.call("DELETE", f"/me/sessions/{other['id']}", expect=204)
        self.assertEqual(second.call("GET", "/me").status, 401)
        self.assertEqual(first.call("DELETE", f"/me/sessions/{other['id']}").status, 404)
        first.call("DELETE", f"/me/sessions/{items[0]['id'] if items[0]['current'] else items[1]['id']}", expect=204)
        self.assertEqual(first.call("GET", "/me").status, 401)

    def test_a_guest_becomes_an_account_with_all_she_chose(self):
        guest = Client(self.server).guest()
        guest.call("PUT", "/me/mutes/words/cats", {}, expect=204)
        token = guest.token
        guest.sign_up("was.guest")
        self.assertEqual(guest.get("/me/mutes")["words"], ["cats"])
        self.assertEqual(Client(self.server, token).call("GET", "/me").status, 401, "the guest is no more")
        other = Client(self.server).guest()
        other.call("PUT", "/me/mutes/words/dogs", {}, expect=204)
        other.sign_up("starts.anew", keep_guest_state=False)
        self.assertEqual(other.get("/me/mutes")["words"], [])

    def test_cookies_alone_change_nothing(self):
        made = Client(self.server).call("POST", "/accounts", {"handle": "browser", "password": PASSWORD, "birth_date": "1990-01-01"}, headers=WEB, expect=201)
        cookies = dict(line.split(";")[0].split("=", 1) for line in made.headers["set-cookie"].splitlines())
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), **WEB}
        csrf = {"X-Filoscope-CSRF": cookies["filoscope_csrf"]}
        browser = Client(self.server)
        for method, path, body in (("PUT", "/me/password", {"password": PASSWORD, "new_password": "battery staple"}), ("POST", "/me/recovery-codes", {"password": PASSWORD}),
                                   ("DELETE", "/sessions/current", None), ("POST", "/events", {"events": []}), ("POST", "/uploads", None), ("POST", "/videos", {})):
            self.assertEqual(browser.call(method, path, body, headers={**cookie, "Tus-Resumable": "1.0.0", "Upload-Length": "5"}).status, 403, path)
        ended = browser.call("DELETE", "/sessions/current", headers={**cookie, **csrf}, expect=204)
        self.assertIn("filoscope_session=;", ended.headers["set-cookie"])
        self.assertIsNone(browser.call("GET", "/me", headers=cookie, expect=200).json["account"], "an ended cookie is nobody's")
        self.assertEqual(browser.call("PATCH", "/me", {"bio": "x"}, headers={**cookie, **csrf}).status, 401)


if __name__ == "__main__":
    unittest.main()
