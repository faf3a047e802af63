"""What the daemon decides. Pure: no module here touches the operating system, the clock or chance."""
