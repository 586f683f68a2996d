"""Real answers against the schemas of openapi.json."""

import re
import unittest

from harness import Client, Server, clip_folder, make_clip

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float)}


class Schemas:
    """The part of JSON Schema 2020-12 that the document uses."""

    def __init__(self, document):
        self.document = document

    def resolve(self, schema):
        while "$ref" in schema:
            node = self.document
            for part in schema["$ref"].lstrip("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def problems(self, schema, value, where="$"):
        schema = self.resolve(schema)
        for part in schema.get("allOf", []):
            yield from self.problems(part, value, where)
        for key in ("oneOf", "anyOf"):
            if key in schema and all(list(self.problems(option, value, where)) for option in schema[key]):
                yield f"{where}: fits none of {key}"
        types = schema.get("type")
        if types:
            wanted = [types] if isinstance(types, str) else types
            if not any(isinstance(value, TYPES[t]) and not (t in ("integer", "number") and isinstance(value, bool)) for t in wanted):
                yield f"{where}: {value!r:.60} is no {types}"
                return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} not in {schema['enum']}"
        if "const" in schema and value != schema["const"]:
            yield f"{where}: {value!r} is not {schema['const']!r}"
        if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where}: {value!r} does not match {schema['pattern']}"
        if isinstance(value, dict):
            for name in schema.get("required", []):
                if name not in value:
                    yield f"{where}: {name} is missing"
            for name, inner in schema.get("properties", {}).items():
                if name in value:
                    yield from self.problems(inner, value[name], f"{where}.{name}")
            if schema.get("additionalProperties") is False:
                for name in set(value) - set(schema.get("properties", {})):
                    yield f"{where}: {name} is not documented"
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                yield from self.problems(schema["items"], item, f"{where}[{index}]")


class Contract(unittest.TestCase):
    def test_answers_fit_their_schemas(self):
        server = Server()
        clip = make_clip(clip_folder() / "a.mp4", seed=1)
        author = Client(server).sign_up("author")
        video = author.publish(clip, "hello #contract @viewer")["id"]
        viewer = Client(server).sign_up("viewer")
        answer = viewer.feed()
        viewer.swipe(answer["items"][0])
        viewer.call("PUT", "/accounts/author/follow", {}, expect=204)
        comment = viewer.call("POST", f"/videos/{video}/comments", {"text": "hi"}, expect=201).json["id"]
        document = author.get("/openapi.json")
        schemas = Schemas(document)
        asked = {
            "/feed": "/feed", "/feed/how": "/feed/how", "/me": "/me", "/me/uploads": "/me/uploads", "/me/likes": "/me/likes", "/me/mutes": "/me/mutes",
            "/notifications": "/notifications", "/accounts/{handle}": "/accounts/author", "/accounts/{handle}/videos": "/accounts/author/videos",
            "/accounts/{handle}/followers": "/accounts/author/followers", "/videos/{id}": f"/videos/{video}",
            "/videos/{id}/comments": f"/videos/{video}/comments", "/comments/{id}": f"/comments/{comment}", "/hashtags/{tag}": "/hashtags/contract",
            "/hashtags/{tag}/videos": "/hashtags/contract/videos", "/search": "/search?q=hello&kind=videos",
            "/search/suggest": "/search/suggest?q=%23con", "/decisions/{request_id}": f"/decisions/{answer['request_id']}", "/status": "/status",
        }
        for pattern, path in asked.items():
            client = author if pattern in ("/me/uploads", "/notifications") else viewer
            body = client.get(path)
            entry = document["paths"].get(pattern) or document["paths"]["/api/v1" + pattern]
            content = schemas.resolve(entry["get"]["responses"]["200"])["content"]["application/json"]
            with self.subTest(path=pattern):
                self.assertEqual(list(schemas.problems(content["schema"], body)), [])
        problem = viewer.call("GET", "/videos/zzz")
        self.assertIn(problem.status, (400, 404))
        self.assertTrue({"title", "status", "detail"} <= set(problem.json))
        server.close()


if __name__ == "__main__":
    unittest.main()
