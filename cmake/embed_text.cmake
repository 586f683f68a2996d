# INPUT (a text) as the C++ function filoscope::api::openapi_text() in OUTPUT. A string literal may hold 64 KiB, so the text is cut into
# pieces, put together at the first call; by position, because CMake's lists of lines break at brackets and semicolons.
file(READ ${INPUT} text)
string(LENGTH "${text}" length)
set(pieces "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 piece)
  string(APPEND pieces "    R\"~(${piece})~\",\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE ${OUTPUT} "#include <string>

#include \"api/routes.h\"

namespace filoscope::api {

std::string_view openapi_text() {
  static const std::string text = [] {
    std::string whole;
    for (const char* piece : {
${pieces}    })
      whole += piece;
    return whole;
  }();
  return text;
}

}  // namespace filoscope::api
")
