# SPDX-License-Identifier: Apache-2.0
# Builds the example by the line of docs/writing-a-backend.md, and has the agent open what comes out.
#   cmake -DSOURCE=… -DBUILD=… -DPYTHON=… -DFOLDER=… -P documented_line.cmake
file(READ ${SOURCE}/docs/writing-a-backend.md page)
if(NOT page MATCHES "```sh\n(cc [^\n]+)\n```")
  message(FATAL_ERROR "docs/writing-a-backend.md has no line that compiles the example")
endif()
separate_arguments(line UNIX_COMMAND "${CMAKE_MATCH_1}")
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
foreach(part core backends)
  file(CREATE_LINK ${SOURCE}/${part} ${FOLDER}/${part} SYMBOLIC)
endforeach()
execute_process(COMMAND ${line} WORKING_DIRECTORY ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
set(open [[
from irqcts.agent import AgentProcess, BackendChoice
agent = AgentProcess(BackendChoice('./my-backend.so'))
print(agent.description().identity)
agent.close()
]])
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env PYTHONPATH=${SOURCE}/harness IRQCTS_BUILD=${BUILD} ${PYTHON} -c "${open}"
  WORKING_DIRECTORY ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
