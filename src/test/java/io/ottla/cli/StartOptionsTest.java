// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What is read without picocli is read as picocli reads it, and what it alone understands is left to it. */
class StartOptionsTest {
    @ParameterizedTest
    @ValueSource(strings = {
        "start",
        "start --port 0",
        "start --port=65535 --host ::1",
        "start --data /a=b --flush os --config=c.properties",
        "start --override a=b --override=c=d --override e --log-level info",
        "start --host 0.0.0.0 --override a=",
        "start --port 99999"
    })
    void plainArgumentsAreReadAsPicocliReadsThem(String line) {
        String[] arguments = line.split(" ");
        StartOptions plain = StartOptions.plain(arguments);
        assertNotNull(plain);
        CommandLine commandLine = Commands.commandLine(arguments);
        commandLine.parseArgs(arguments);
        StartCommand command = commandLine.getSubcommands().get("start").getCommand();
        assertEquals(command.options(), plain);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "import",
        "version",
        "start --help",
        "start -h",
        "start now",
        "start --prot 0",
        "start --port",
        "start --port x",
        "start --port -1",
        "start --port 123456",
        "start --port 0 --port 0",
        "start --host --port 0",
        "start --data=",
        "start --data @file",
        "start @file",
        "start --",
        "start --po 0"
    })
    void allElseIsLeftToPicocli(String line) {
        assertNull(StartOptions.plain(line.isEmpty() ? new String[0] : line.split(" ")));
    }
}
