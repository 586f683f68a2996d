# INPUT (a text) as the C++ function filoscope::api::openapi_text() in OUTPUT. A string literal may hold 64 KiB: the text is cut into lines.
file(STRINGS ${INPUT} lines ENCODING UTF-8)
set(body "")
foreach(line IN LISTS lines)
  string(APPEND body "R\"~(${line}\n)~\"\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"api/routes.h\"\n\nnamespace filoscope::api {\n\nstd::string_view openapi_text() {\n  return\n${body};\n}\n\n}  // namespace filoscope::api\n")
