#include "adapters/records/run_work.h"

#include <exception>
#include <new>

#include "base/memory.h"
#include "base/reasons.h"

namespace filoscope::records {

Result<void> run_work(const Database::Work& work, Session& session) {
  try {
    return work(session);
  } catch (const std::bad_alloc&) {
    return Error(base_reason("no_memory"));
  } catch (const std::exception& problem) {
    return Error(Code::internal,
                 std::string("a change to the database broke off: ") + problem.what());
  } catch (...) {
    return Error(Code::internal, "a change to the database broke off");
  }
}

void call_committed(const std::vector<Session::Call>& calls) {
  try {
    for (const auto& call : calls) call();
  } catch (const std::bad_alloc&) {
    memory::end_for_want_of_memory("a change that is stored could not be taken up");
  }
}

}  // namespace filoscope::records
