"""Who runs the server: a role by the command line, a weight changed in the browser, what comes of it, and how visual search does."""

import json
import os
import subprocess
import unittest

from harness import PASSWORD, ROOT, Client, Server, clip_folder, make_clip, wait_for
from journey_contract import Schemas

WEIGHT = 6.5
NO_MODEL = "/no/such/network"
PATHS = ("/operator/engine", "/operator/visual", "/operator/weights")


class Operator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"models": NO_MODEL})
        cls.ada = Client(cls.server).sign_up("ada")
        cls.bob = Client(cls.server).sign_up("bob")
        clips = clip_folder()
        for number in range(4):
            cls.ada.publish(make_clip(clips / f"{number}.mp4", seed=number), f"clip {number} #weights")
        for item in cls.bob.feed()["items"]:
            cls.bob.swipe(item)
        cls.role("ada", "operator")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    @classmethod
    def role(cls, handle, role):
        cls.server.stop()
        done = cls.server.command("account", "role", handle, role, "--data", str(cls.server.folder))
        assert handle in done.stdout, done.stdout
        cls.server.start()

    def looked_at(self):
        view = self.ada.get("/operator/visual")
        return view["waiting"] == 0 and view["model_problem"] and view

    def weight_used(self, client):
        answer = client.feed()
        decision = client.get(f"/decisions/{answer['request_id']}")
        return {head["head"]: head["weight"] for head in decision["items"][0]["heads"]}["like"]

    def change_in_the_browser(self):
        asked = {"operator": "ada", "other": "bob", "password": PASSWORD, "weight": WEIGHT}
        done = subprocess.run(["node", str(ROOT / "tests/browser/change_weight.mjs")], input=json.dumps(asked), capture_output=True, text=True,
                              env={**os.environ, "FILOSCOPE_URL": f"http://localhost:{self.server.port}"}, check=False, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-3000:])
        return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))

    def test_a_weight_is_changed_by_an_operator_alone_and_holds(self):
        self.assertEqual(self.ada.get("/me")["role"], "operator")
        self.assertIsNone(self.bob.get("/me")["role"])
        carol = Client(self.server).sign_up("carol")
        self.assertEqual(self.weight_used(carol), 2)
        visual = wait_for("all clips to be looked at, by what is built in", self.looked_at)
        seen = self.change_in_the_browser()
        self.assertEqual(seen["how"], str(WEIGHT))
        self.assertEqual(seen["faults"], [])
        self.assertEqual((visual["videos"], visual["failed"]), (4, 0))
        self.assertIn(NO_MODEL, visual["model_problem"])
        self.assertIn(visual["model_problem"], seen["visual"].pop("problem").replace("\u2068", "").replace("\u2069", ""))
        told = {"Videos": "4", "Moments": str(visual["moments"]), "Waiting": "0", "Failed": "0", "Description": "Built in"}
        self.assertEqual(seen["visual"], {**seen["visual"], **told})
        self.assertEqual(self.weight_used(carol), WEIGHT, "the next answer's decision names it")
        told = Client(self.server).get("/feed/how")
        self.assertIn({"head": "like", "weight": WEIGHT}, told["weights"], "to anybody")
        self.assertIn('"operator.weights_changed"', self.server.log_path.read_text())

        wish = {"revision": 1, "weights": {"like": 0}}
        self.assertEqual(self.bob.call("PUT", "/operator/weights", wish).status, 403)
        self.assertEqual(Client(self.server).call("PUT", "/operator/weights", wish).status, 401)
        for path in PATHS:
            self.assertEqual(self.bob.call("GET", path).status, 403)
            self.assertEqual(Client(self.server).call("GET", path).status, 401)
        view = self.ada.get("/operator/engine")
        self.assertEqual(view["videos"], 4)
        self.assertGreater(view["examples"], 0)
        self.assertGreater(view["lately"]["answers"], 0)

        document = self.ada.get("/openapi.json")
        for path in PATHS:
            answer = document["paths"]["/api/v1" + path]["get"]["responses"]["200"]
            self.assertEqual(list(Schemas(document).problems(answer["content"]["application/json"]["schema"], self.ada.get(path))), [])

        self.role("ada", "none")
        self.assertEqual(self.weight_used(carol), WEIGHT, "over a restart")
        self.assertIsNone(self.ada.get("/me")["role"])
        self.assertEqual(self.ada.call("GET", "/operator/engine").status, 403)
        self.server.stop_sound(self)
        self.server.command("engine", "rebuild", "--data", str(self.server.folder))
        self.server.start()
        self.assertEqual(self.weight_used(carol), WEIGHT, "over a state made anew")


if __name__ == "__main__":
    unittest.main()
