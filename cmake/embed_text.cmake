# INPUT (a text) as the C++ function filoscope::api::openapi_text() in OUTPUT. A string literal may hold 64 KiB, so the text is cut into
# pieces; by position, because CMake's lists of lines break at brackets and semicolons.
file(READ ${INPUT} text)
string(LENGTH "${text}" length)
set(body "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 piece)
  string(APPEND body "R\"~(${piece})~\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE ${OUTPUT} "#include \"api/routes.h\"\n\nnamespace filoscope::api {\n\nstd::string_view openapi_text() {\n  return\n${body};\n}\n\n}  // namespace filoscope::api\n")
