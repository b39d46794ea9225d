using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Backstay.Agent.Configuration;

namespace Backstay.Agent.Platform;

/// <summary>Gives way: a backup must not be felt by what the appliance is there for.</summary>
internal static partial class ProcessPriority
{
    private const int PrioProcess = 0; // <sys/resource.h>
    private const int IoprioWhoProcess = 1; // <linux/ioprio.h>
    private const int IoprioClassShift = 13;
    private const int LowestBestEffort = 7;

    /// <summary>
    /// Sets both for every thread there is, as Linux keeps them by thread; threads and processes begun later inherit them.
    /// </summary>
    /// <returns>Null, or what the system refused.</returns>
    public static string? Lower(int nice, IoClass ioClass)
    {
        var ioPriority = ((int)ioClass << IoprioClassShift) | (ioClass == IoClass.BestEffort ? LowestBestEffort : 0);
        foreach (var task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            var thread = int.Parse(Path.GetFileName(task.AsSpan()), CultureInfo.InvariantCulture);
            if (SetPriority(PrioProcess, thread, nice) != 0)
                return $"nice {nice}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}";
            if (IoprioSetNumber is { } number && SystemCall(number, IoprioWhoProcess, thread, ioPriority) != 0)
                return $"I/O class {ioClass}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}";
        }

        return null;
    }

    /// <summary>ioprio_set(2) has no wrapper in libc; its number depends on the processor.</summary>
    private static nint? IoprioSetNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 251,
        Architecture.Arm64 => 30,
        Architecture.X86 => 289,
        Architecture.Arm => 314,
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint which, nint who, nint priority);
}
