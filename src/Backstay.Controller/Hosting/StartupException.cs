namespace Backstay.Controller.Hosting;

/// <summary>The controller can't start, and the message tells its operator why and what to do: it is printed as it is.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
